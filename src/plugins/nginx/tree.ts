import { readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { glob, isPattern } from '../server-configuration/glob.js';
import { pathOf } from '../server-configuration/path-text.js';
import { readNginx, type Block, type Directive, type Node } from './syntax.js';

/** One file of the configuration, read once however often it is included. */
export interface NginxFile {
  /** Without symbolic links: this is where an edit goes. */
  path: string;
  /** latin1. */
  text: string;
  nodes: readonly Node[];
}

/** A whole configuration: `nginx.conf` and what it includes. */
export interface NginxTree {
  root: NginxFile;
  /** By real path. */
  files: ReadonlyMap<string, NginxFile>;
  /** What could not be followed: never passed over in silence. */
  unread: readonly { path: string; reason: string }[];
  /** The files of an include directive. */
  included: ReadonlyMap<Directive, readonly NginxFile[]>;
}

/** A node with the file it stands in. */
export interface Placed<N extends Node = Node> {
  node: N;
  file: NginxFile;
}

/** The file system as this module needs it; files as latin1. */
export interface ConfigurationFiles {
  read(path: string): string;
  real(path: string): string;
  glob(pattern: string): readonly string[];
}

const onDisk: ConfigurationFiles = { read: (path) => readFileSync(path, 'latin1'), real: (path) => realpathSync.native(path), glob: (pattern) => glob(pattern) };

/** What is planned and not written yet. */
export interface PlannedTexts {
  /** The configuration as it is on disk. */
  before: NginxTree;
  /** What files will hold, by real path, latin1. */
  texts: ReadonlyMap<string, string>;
}

/**
 * Reads `ROOT/nginx.conf` and every file it includes, in every context, as nginx does: relative paths are meant from the folder of
 * nginx.conf, patterns are sorted, an include may stand anywhere. With `planned` only what will be new is read, and all else is taken over.
 * Throws ConfigSyntaxError for nginx.conf itself and what the file system throws for it; other files that cannot be read stand in `unread`.
 */
export function readTree(serverRoot: string, disk: ConfigurationFiles = onDisk, planned: PlannedTexts | null = null): NginxTree {
  const files = new Map<string, NginxFile>();
  const included = new Map<Directive, readonly NginxFile[]>();
  const unread: { path: string; reason: string }[] = [];

  const open = (real: string): NginxFile => {
    const known = files.get(real);
    if (known) return known;
    const text = planned?.texts.get(real);
    const earlier = text === undefined ? planned?.before.files.get(real) : undefined;
    const file = earlier ?? readFile(real, text ?? disk.read(real));
    files.set(real, file);
    follow(file.nodes);
    return file;
  };
  const isReal = (path: string): boolean => planned !== null && (planned.texts.has(path) || planned.before.files.has(path));
  const attempt = (path: string): readonly NginxFile[] => {
    try {
      return [open(isReal(path) ? path : disk.real(path))];
    } catch (error) {
      unread.push({ path, reason: error instanceof Error ? error.message : String(error) });
      return [];
    }
  };
  const follow = (nodes: readonly Node[]): void => {
    for (const node of nodes) {
      if (node.kind === 'block') follow(node.children);
      const target = node.kind === 'directive' && node.name === 'include' ? node.args[0]?.text : undefined;
      if (node.kind !== 'directive' || target === undefined) continue;
      const known = planned?.before.included.get(node);
      included.set(node, known ? known.flatMap(({ path }) => attempt(path)) : targets(target).flatMap(attempt));
    }
  };
  const targets = (target: string): readonly string[] => {
    const decoded = pathOf(target);
    const path = isAbsolute(decoded) ? decoded : join(serverRoot, decoded);
    return isPattern(path) ? disk.glob(path) : [path];
  };

  const root = open(planned ? planned.before.root.path : disk.real(join(serverRoot, 'nginx.conf')));
  return { root, files, unread, included };
}

function readFile(path: string, text: string): NginxFile {
  return { path, text, nodes: readNginx(text) };
}

/** The statements of a context in their order, those of included files in the place of their include. Comments are left out. */
export function statements(tree: NginxTree, file: NginxFile, nodes: readonly Node[] = file.nodes, path: readonly NginxFile[] = [file]): readonly Placed<Directive | Block>[] {
  return nodes.flatMap((node): readonly Placed<Directive | Block>[] => {
    if (node.kind === 'comment') return [];
    const inside = node.kind === 'directive' ? tree.included.get(node) : undefined;
    if (!inside) return [{ node, file }];
    // A file that includes itself is refused by nginx; it must not end our stack.
    return inside.filter((next) => !path.includes(next)).flatMap((next) => statements(tree, next, next.nodes, [...path, next]));
  });
}

