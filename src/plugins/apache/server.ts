import { readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { PluginError } from '../../core/errors.js';
import type { ServerChange } from '../contract.js';
import { spliced, type Edits } from '../server-configuration/edits.js';
import { apacheVersion, configurationFault, parseRun, reloadApache, repairInstallation, runOf, type ApacheProgram, type ApacheRun } from './control.js';
import { generationOf, mainOf, untilGone, whileWatching } from './generation.js';
import { apacheSettings, type ApacheSettings } from './options.js';
import { definesIn, rootFileIn, thisSystem } from './systems.js';
import { definedNames, readTree, snapshotOf, type ApacheConditions, type ApacheTree, type ConfigurationFiles, type Snapshot } from './tree.js';
import { vhostsOf, type Vhost } from './vhosts.js';

/** Milliseconds that are waited at the longest until the processes of the old configuration take no requests. */
const OLD_GENERATION = 5000;

/** What both halves of the plugin work with. */
export interface Apache {
  settings: ApacheSettings;
  program: ApacheProgram;
  version: readonly number[];
  /** The file that the server begins with. */
  rootPath: string;
  /** What it said of itself when it was found. */
  run: ApacheRun;
  environment: Readonly<Record<string, string | undefined>>;
  /** What was seen of its files; `seenAnew` begins a new one. */
  seen: Snapshot;
}

/** The same server, its files to be looked at anew; what they hold is understood again only where it is another text. */
export function seenAnew(apache: Apache): Apache {
  return { ...apache, seen: snapshotOf(undefined, apache.seen.understood) };
}

export interface Reading {
  tree: ApacheTree;
  vhosts: readonly Vhost[];
}

/** What is planned and not there yet: the configuration is read as if it were. */
export interface Planned {
  /** By real path, latin1. */
  texts: ReadonlyMap<string, string>;
  /** Symbolic links: path → target. */
  links: ReadonlyMap<string, string>;
  /** Identifiers such as `ssl_module`. */
  modules: readonly string[];
}

export const nothingPlanned: Planned = { texts: new Map(), links: new Map(), modules: [] };

interface Context {
  options: Parameters<typeof apacheSettings>[0];
  environment: ApacheProgram['environment'];
  httpsPort: number;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/**
 * The Apache of this machine, found to work: its programs answer, it is new enough, and accepts its present configuration. Throws
 * PluginError in certbot's words with the server's own.
 */
export async function openApache(context: Context): Promise<Apache> {
  const settings = apacheSettings(context.options);
  const program: ApacheProgram = { ctl: settings.ctl, bin: settings.bin, serverRoot: settings.serverRoot, system: thisSystem(), environment: context.environment, signal: context.signal };
  const asked = Promise.all([apacheVersion(program), examined(program)]);
  const rootPath = rootFileIn(settings.serverRoot);
  const environment = { ...context.environment, ...environmentOf(settings.serverRoot) };
  const seen = snapshotOf();
  // The server takes its time with a thousand hosts: meanwhile their files are read.
  if (rootPath !== null) readAhead(settings.serverRoot, rootPath, environment, seen);
  const [version, first] = await asked;
  const repaired = first.fault !== null && (await repairInstallation(program));
  const { run, fault } = repaired ? await examined(program) : first;
  if (fault !== null) {
    throw new PluginError('apache', `The apache plugin is not working; there may be problems with your existing configuration.\nThe error was: ${fault}`, { hint: 'Repair what Apache names here first; nothing was changed.' });
  }
  const [major = 0, minor = 0] = version;
  if (major < 2 || (major === 2 && minor < 4)) throw new PluginError('apache', `Apache Version ${version.join('.')} not supported.`, { hint: 'Version 2.4 or newer is needed.' });
  if (rootPath === null) throw new PluginError('apache', `There is no apache2.conf or httpd.conf in ${settings.serverRoot}.`, { hint: 'Name the folder with --apache-server-root.' });
  return { settings, program, version, rootPath, run, seen: repaired ? snapshotOf() : seen, environment };
}

/** Fills a snapshot with what will be looked at, as far as it can be told before the server has said what it is built of. */
function readAhead(serverRoot: string, rootPath: string, environment: ApacheConditions['environment'], { disk, understood }: Snapshot): void {
  try {
    readTree(serverRoot, rootPath, { modules: [], defines: new Map(), environment, version: [] }, disk, understood);
  } catch {
    // What is wrong is said by the server, or when it is read in earnest.
  }
}

/** What it says of its configuration; where the control script says it too, that is a test of it as well, and there is no need of another. */
async function examined(program: ApacheProgram): Promise<{ run: ApacheRun; fault: string | null }> {
  const [run, fault] = await Promise.all([runOf(program), program.ctl === program.bin ? null : configurationFault(program)]);
  return { run: run ?? parseRun(''), fault: run === null ? await configurationFault(program) : fault };
}

/** What the file that Debian's control script reads gives the server: `export NAME=value`, with what stands before it. */
function environmentOf(serverRoot: string): Record<string, string> {
  let text: string;
  try {
    text = readFileSync(join(serverRoot, 'envvars'), 'latin1');
  } catch {
    return {};
  }
  const found: Record<string, string> = {};
  for (const [, name = '', quotes = '', value = ''] of text.matchAll(/^\s*export\s+(\w+)=(["']?)(.*?)\2\s*$/gm)) {
    found[name] = quotes === "'" ? value : value.replace(/\$\{?(\w+)\}?/g, (_, other: string) => found[other] ?? '');
  }
  return found;
}

/** Reads the configuration as it will be with what is planned. Throws PluginError for what the server itself would not accept. */
export function readApacheConfiguration({ settings, rootPath, run, version, environment, program, seen }: Apache, planned: Planned, httpsPort: number, warn: (message: string) => void): Reading {
  const disk = withPlanned(planned, seen.disk);
  const fromFile = program.system.defines ? definesOfFile(program.system.defines) : new Map<string, string>();
  const read = (defines: ReadonlyMap<string, string>): ApacheTree => {
    const given: ApacheConditions = { modules: [...run.staticModules, ...planned.modules], defines: new Map([...fromFile, ...defines]), environment, version };
    try {
      return readTree(settings.serverRoot, rootPath, given, disk, seen.understood);
    } catch (error) {
      throw new PluginError('apache', `${rootPath} cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  };
  let tree = read(run.defines);
  // What a Define line sets holds from that line on only.
  const late = definedNames(tree);
  if ([...run.defines.keys()].some((name) => late.has(name))) tree = read(new Map([...run.defines].filter(([name]) => !late.has(name))));
  for (const { path, reason } of tree.unread) warn(`${path} could not be understood and is left out: ${reason}`);
  return { tree, vhosts: vhostsOf(tree, httpsPort) };
}

/** Files that the server read and we did not: the check on our own reading. */
export function unseenFiles({ run, seen }: Apache, { tree }: Reading): readonly string[] {
  const real = (path: string): string => {
    try {
      return seen.disk.real(path);
    } catch {
      return path;
    }
  };
  return run.includes.filter((path) => !tree.files.has(real(path)));
}

function definesOfFile({ file, variable }: { file: string; variable: string }): ReadonlyMap<string, string> {
  try {
    return definesIn(readFileSync(file, 'utf8'), variable);
  } catch {
    return new Map();
  }
}

/** The file system as it will be. */
function withPlanned({ texts, links }: Planned, disk: ConfigurationFiles): ConfigurationFiles {
  if (texts.size === 0 && links.size === 0) return disk;
  const names = new Set([...texts.keys(), ...links.keys(), ...links.values()].map((path) => basename(path)));
  const isAsItWas = (path: string): boolean => !names.has(path.slice(path.lastIndexOf('/') + 1));
  const folders = new Map<string, string>();
  // A folder may be reached by a link, as sites-enabled where it is sites-available itself.
  const realFolder = (folder: string): string => {
    let real = folders.get(folder);
    if (real === undefined) {
      real = disk.kind(folder) === null ? folder : disk.real(folder);
      folders.set(folder, real);
    }
    return real;
  };
  const targetOf = (path: string): string => {
    const target = links.get(path);
    const followed = target === undefined ? path : resolve(dirname(path), target);
    return join(realFolder(dirname(followed)), basename(followed));
  };
  return {
    read: (path) => texts.get(path) ?? disk.read(path),
    real(path) {
      if (isAsItWas(path)) return disk.real(path);
      const target = targetOf(path);
      return texts.has(target) ? target : disk.real(target);
    },
    list: (folder) => [...new Set([...disk.list(folder), ...[...texts.keys(), ...links.keys()].filter((path) => dirname(path) === folder || dirname(path) === realFolder(folder)).map((path) => basename(path))])],
    kind(path) {
      if (isAsItWas(path)) return disk.kind(path);
      const target = targetOf(path);
      return texts.has(target) ? 'file' : disk.kind(target);
    },
  };
}

/** Edits as the change of files that they are. */
export function changedFiles({ tree }: Reading, edits: Edits): ServerChange['files'] {
  return [...edits].flatMap(([path, own]) => {
    const before = tree.files.get(path)?.text ?? '';
    const after = spliced(before, own);
    return after === before ? [] : [{ path, before, after }];
  });
}

/** Has the server read what is on disk, and returns when none of the processes from before takes requests any more. Throws PluginError. */
export async function reloadAndWait({ program, run }: Apache): Promise<void> {
  const before = generationOf(run.pidFile);
  await whileWatching(before, reloadApache(program, mainOf(run.pidFile, program)));
  await untilGone(before, OLD_GENERATION);
}
