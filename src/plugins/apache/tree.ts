import { readFileSync, realpathSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { glob, isPattern, namesIn, sorted } from '../server-configuration/glob.js';
import { pathOf } from '../server-configuration/path-text.js';
import { conditionHolds, isCondition } from './conditions.js';
import { readApache, wordTexts, type Directive, type Node, type Section } from './syntax.js';

/** One file of the configuration, read once however often it is included. */
export interface ApacheFile {
  /** Without symbolic links: this is where an edit goes. */
  path: string;
  /** latin1. */
  text: string;
  nodes: readonly Node[];
}

/** A line or section as it counts: conditions decided, includes in place, variables resolved. */
export interface Statement {
  node: Directive | Section;
  file: ApacheFile;
  /** Lower case. */
  name: string;
  values: readonly string[];
  /** Of sections only. */
  children: readonly Statement[];
  /** Of a virtual host: what the variables are where it is read. */
  variables?: ReadonlyMap<string, string>;
  /** Below a `<Macro>`: it counts only where the macro is used, under names that are not known here. */
  macro: boolean;
}

/** A whole configuration: the root file and what it includes, as the server would read it. */
export interface ApacheTree {
  root: ApacheFile;
  /** By real path. */
  files: ReadonlyMap<string, ApacheFile>;
  /** What could not be followed: never passed over in silence. */
  unread: readonly { path: string; reason: string }[];
  /** The outermost context. */
  statements: readonly Statement[];
  /** Identifiers such as `ssl_module`: what is compiled in and what was loaded on the way. */
  modules: ReadonlySet<string>;
  /** What Define lines and the command line have set in the end. */
  variables: ReadonlyMap<string, string>;
}

/** What the meaning of a configuration depends on beside its files. */
export interface ApacheConditions {
  /** Modules that are there without a LoadModule line. */
  modules: readonly string[];
  /** `-D` of the command line; a value, or '' for a bare name. */
  defines: ReadonlyMap<string, string>;
  /** The environment of the server, for `${NAME}` that no Define gives. */
  environment: Readonly<Record<string, string | undefined>>;
  /** `2.4.71` as numbers. */
  version: readonly number[];
}

/** The file system as this module needs it; files as latin1. */
export interface ConfigurationFiles {
  read(path: string): string;
  real(path: string): string;
  list(folder: string): readonly string[];
  kind(path: string): 'file' | 'folder' | null;
}

export const onDisk: ConfigurationFiles = {
  read: (path) => readFileSync(path, 'latin1'),
  real: (path) => realpathSync.native(path),
  list: namesIn,
  kind(path) {
    const found = statSync(path, { throwIfNoEntry: false });
    return !found ? null : found.isDirectory() ? 'folder' : 'file';
  },
};

/** What is kept from one reading for the next: each text is understood once, and what its lines come to is worked out again only where that hangs on something else now. */
export interface Understood {
  /** By real path. */
  files: Map<string, ApacheFile>;
  meanings: WeakMap<ApacheFile, Meaning>;
  /** All that variables were where a host was read. */
  variables: ReadonlyMap<string, string>[];
}

/** What an included file came to that changes nothing for others: it includes nothing, and nothing is defined or loaded in it. */
interface Meaning {
  statements: readonly Statement[];
  /** Conditions in it, and whether they were met. */
  conditions: readonly { name: string; values: readonly string[]; holds: boolean }[];
  /** What the variables were. */
  variables: ReadonlyMap<string, string>;
}

export function nothingUnderstood(): Understood {
  return { files: new Map(), meanings: new WeakMap(), variables: [] };
}

/** What was seen of the file system: everything is looked at once, when it is first asked for. */
export interface Snapshot {
  disk: ConfigurationFiles;
  understood: Understood;
}

export function snapshotOf(disk: ConfigurationFiles = onDisk, understood: Understood = nothingUnderstood()): Snapshot {
  const once = <Answer>(ask: (path: string) => Answer): ((path: string) => Answer) => {
    const known = new Map<string, Answer>();
    return (path) => {
      const answer = known.get(path);
      if (answer !== undefined || known.has(path)) return answer as Answer;
      const found = ask(path);
      known.set(path, found);
      return found;
    };
  };
  return { disk: { read: once(disk.read), real: once(disk.real), list: once(disk.list), kind: once(disk.kind) }, understood };
}

/** What holds beyond the file that it stands in, or hangs on what is around it. */
const LASTING = new Set(['include', 'includeoptional', 'serverroot', 'loadmodule', 'define', 'undefine', 'macro']);

/** Files that include each other without end: the server itself stops at 128. */
const DEEPEST = 100;

/**
 * Reads the root file and what it includes, in the server's order, with Include's rules of folders and patterns (relative to ServerRoot),
 * Define, and the sections that are decided while reading. Throws ConfigSyntaxError for the root file and what the file system throws for it;
 * other files that cannot be read stand in `unread`. `understood` is used, and added to.
 */
export function readTree(serverRoot: string, rootPath: string, given: ApacheConditions, disk: ConfigurationFiles = onDisk, understood: Understood = nothingUnderstood()): ApacheTree {
  const files = new Map<string, ApacheFile>();
  const unread: { path: string; reason: string }[] = [];
  const modules = new Set(given.modules);
  const variables = new Map(given.defines);
  let base = serverRoot;

  const open = (path: string): ApacheFile => {
    const real = disk.real(path);
    const known = files.get(real);
    if (known) return known;
    const text = disk.read(real);
    const earlier = understood.files.get(real);
    const file = earlier?.text === text ? earlier : { path: real, text, nodes: readApache(text) };
    understood.files.set(real, file);
    files.set(real, file);
    return file;
  };
  const resolved = (text: string): string => (text.includes('${') ? text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => variables.get(name) ?? given.environment[name] ?? whole) : text);
  const valuesOf = ({ args, rest }: Directive | Section): readonly string[] => (rest.includes('${') ? wordTexts(resolved(rest)) : args.map(({ text }) => text));

  const include = (target: string, within: Within, found: Statement[]): void => {
    const decoded = pathOf(target);
    const path = isAbsolute(decoded) ? decoded : join(base, decoded);
    for (const each of filesOf(path, disk)) {
      let file: ApacheFile;
      try {
        file = open(each);
      } catch (error) {
        unread.push({ path: each, reason: error instanceof Error ? error.message : String(error) });
        continue;
      }
      if (within.depth > DEEPEST || within.path.includes(file)) continue;
      const known = understood.meanings.get(file);
      if (known && stillHolds(known)) for (const statement of known.statements) found.push(statement);
      else evaluateApart(file, within, found);
    }
  };
  const holds = (name: string, values: readonly string[]): boolean => conditionHolds(name, values, { modules, variables, version: given.version, base, kind: disk.kind });
  const stillHolds = (meaning: Meaning): boolean => meaning.variables === variablesNow() && meaning.conditions.every((condition) => holds(condition.name, condition.values) === condition.holds);

  /** Conditions that were asked for in the file that is being read; null where it has already been seen to change something for others. */
  let asked: { name: string; values: readonly string[]; holds: boolean }[] | null = null;
  const evaluateApart = (file: ApacheFile, within: Within, found: Statement[]): void => {
    const before = variablesNow();
    const statements: Statement[] = [];
    asked = [];
    evaluate(file, file.nodes, { ...within, path: [...within.path, file], depth: within.depth + 1 }, statements);
    if (asked !== null) understood.meanings.set(file, { statements, conditions: asked, variables: before });
    // Of the file that includes it.
    asked = null;
    for (const statement of statements) found.push(statement);
  };

  const evaluate = (file: ApacheFile, nodes: readonly Node[], within: Within, found: Statement[] = []): readonly Statement[] => {
    for (const node of nodes) {
      if (node.kind === 'comment') continue;
      const name = resolved(node.name).toLowerCase();
      const values = valuesOf(node);
      if (LASTING.has(name)) asked = null;
      if (node.kind === 'section') {
        if (isCondition(name)) {
          const met = holds(name, values);
          asked?.push({ name, values, holds: met });
          if (met) evaluate(file, node.children, within, found);
          continue;
        }
        const macro = within.macro || name === 'macro';
        // Nothing of a macro happens before it is used: what it defines must not count.
        const children = macro ? asWritten(file, node.children, true) : evaluate(file, node.children, within);
        found.push({ node, file, name, values, children, macro: within.macro, ...(name === 'virtualhost' ? { variables: variablesNow() } : {}) });
        continue;
      }
      found.push({ node, file, name, values, children: [], macro: false });
      const [first, second = ''] = values;
      if (name === 'include' || name === 'includeoptional') include(first ?? '', within, found);
      if (first === undefined) continue;
      if (name === 'serverroot') base = first;
      if (name === 'loadmodule') modules.add(first);
      if (name === 'define') variables.set(first, second);
      if (name === 'undefine') variables.delete(first);
      if (name === 'define' || name === 'undefine') kept = null;
    }
    return found;
  };
  /** The variables as they are, one copy for all hosts that are read before they change. */
  let kept: ReadonlyMap<string, string> | null = null;
  const variablesNow = (): ReadonlyMap<string, string> => {
    if (kept !== null) return kept;
    kept = understood.variables.find((each) => each.size === variables.size && [...each].every(([key, value]) => variables.get(key) === value)) ?? new Map(variables);
    if (!understood.variables.includes(kept)) understood.variables.push(kept);
    return kept;
  };

  const root = open(rootPath);
  const statements = evaluate(root, root.nodes, { path: [root], depth: 0, macro: false });
  return { root, files, unread, statements, modules, variables };
}

interface Within {
  /** The files that are being read, outermost first: one that includes itself must not end our stack. */
  path: readonly ApacheFile[];
  depth: number;
  macro: boolean;
}

/** Nodes as they are written: nothing included, every condition taken as met, variables left. */
export function asWritten(file: ApacheFile, nodes: readonly Node[], macro: boolean): readonly Statement[] {
  return nodes.flatMap((node): readonly Statement[] => {
    if (node.kind === 'comment') return [];
    const name = node.name.toLowerCase();
    const children = node.kind === 'section' ? asWritten(file, node.children, macro) : [];
    return isCondition(name) ? children : [{ node, file, name, values: node.args.map(({ text }) => text), children, macro }];
  });
}

/** The files that the target of an Include stands for: a file, all files below a folder, or what a pattern matches; sorted. */
function filesOf(path: string, disk: ConfigurationFiles): readonly string[] {
  const found = isPattern(path) ? glob(path, disk.list).filter((each) => disk.kind(each) !== null) : [path];
  return found.flatMap((each) => (disk.kind(each) === 'folder' ? below(each, disk, 0) : [each]));
}

function below(folder: string, disk: ConfigurationFiles, depth: number): readonly string[] {
  if (depth > DEEPEST) return [];
  return sorted(disk.list(folder)).flatMap((name) => {
    const path = join(folder, name);
    return disk.kind(path) === 'folder' ? below(path, disk, depth + 1) : [path];
  });
}

/** All Define lines of all files, whether they count or not: what the server's own list has of these is not from its command line. */
export function definedNames({ files }: ApacheTree): ReadonlySet<string> {
  const names = new Set<string>();
  const walk = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.kind === 'section') walk(node.children);
      else if (node.kind === 'directive' && node.name.toLowerCase() === 'define' && node.args[0]) names.add(node.args[0].text);
    }
  };
  for (const { nodes } of files.values()) walk(nodes);
  return names;
}

