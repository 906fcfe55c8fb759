import { isAbsolute, join } from 'node:path';

/** What the sections that are decided while reading may ask for. */
export interface Circumstances {
  /** Identifiers such as `ssl_module`. */
  modules: ReadonlySet<string>;
  variables: ReadonlyMap<string, string>;
  version: readonly number[];
  /** ServerRoot, for the relative paths of IfFile. */
  base: string;
  kind(path: string): 'file' | 'folder' | null;
}

const CONDITIONS = new Set(['ifmodule', 'ifdefine', 'ifversion', 'iffile', 'ifdirective', 'ifsection']);

/** Sections that the server decides while it reads, so that their inside counts as standing in their place. `<If>` is not one: it is asked for each request. */
export function isCondition(name: string): boolean {
  return CONDITIONS.has(name);
}

/** Does the inside of such a section count? */
export function conditionHolds(name: string, values: readonly string[], circumstances: Circumstances): boolean {
  if (name === 'ifversion') return versionHolds(values, circumstances.version);
  const first = values[0] ?? '';
  const not = first.startsWith('!');
  const subject = not ? first.slice(1) : first;
  return subjectHolds(name, subject, circumstances) !== not;
}

function subjectHolds(name: string, subject: string, { modules, variables, base, kind }: Circumstances): boolean {
  switch (name) {
    case 'ifmodule':
      return modules.has(subject) || modules.has(moduleOfSource(subject)) || modules.has(`mpm_${moduleOfSource(subject)}`);
    case 'ifdefine':
      return variables.has(subject);
    case 'iffile':
      return kind(isAbsolute(subject) ? subject : join(base, subject)) !== null;
    default:
      // Which names the modules bring is not known here. Those that are asked for in practice are of mod_ssl.
      return !subject.toLowerCase().startsWith('ssl') || modules.has('ssl_module');
  }
}

/** `mod_ssl.c` is the source of `ssl_module`. */
function moduleOfSource(source: string): string {
  if (source === 'http_core.c') return 'http_module';
  return `${source.replace(/^mod_/, '').replace(/\.c(?:pp)?$/, '')}_module`;
}

/** `<IfVersion [[!]operator] version>` as mod_version has it: parts that are missing are 0; `~` and `/…/` are patterns. */
function versionHolds(values: readonly string[], version: readonly number[]): boolean {
  const [given, wanted] = values.length > 1 ? [values[0] ?? '=', values[1] ?? ''] : ['=', values[0] ?? ''];
  const not = given.startsWith('!');
  const operator = not ? given.slice(1) : given;
  const slashes = /^\/(.*)\/$/.exec(wanted);
  if (operator === '~' || slashes) {
    try {
      return new RegExp(slashes?.[1] ?? wanted).test(version.join('.')) !== not;
    } catch {
      return false;
    }
  }
  const other = wanted.split('.').map(Number);
  const order = [0, 1, 2].map((part) => (version[part] ?? 0) - (other[part] ?? 0)).find((difference) => difference !== 0) ?? 0;
  return (operator === '<' ? order < 0 : operator === '<=' ? order <= 0 : operator === '>' ? order > 0 : operator === '>=' ? order >= 0 : order === 0) !== not;
}
