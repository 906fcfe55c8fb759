import { hostname } from 'node:os';
import { PluginError } from '../../core/errors.js';
import type { ServerChange } from '../contract.js';
import { configurationFault, nginxVersion, reloadNginx, told, type NginxProgram } from './control.js';
import { spliced, type Edits } from '../server-configuration/edits.js';
import type { HttpVersions } from './http-versions.js';
import { nginxSettings, type NginxSettings } from './options.js';
import { serversOf, type Server } from './servers.js';
import { readTree, type NginxTree, type PlannedTexts } from './tree.js';
import { newComplaints } from './error-log.js';
import { isInForce } from './in-force.js';
import { hasTaken, masterOf, untilGone, withLateWorkers, workersOf } from './workers.js';

/** What both halves of the plugin work with. */
export interface Nginx {
  settings: NginxSettings;
  program: NginxProgram;
  pidPath: string;
  http: HttpVersions;
}

export interface Reading {
  tree: NginxTree;
  servers: readonly Server[];
}

interface Context {
  options: Parameters<typeof nginxSettings>[0];
  environment: NginxProgram['environment'];
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/**
 * The nginx of this machine, found to work: its program answers, is new enough, and accepts its present configuration; and that
 * configuration, null where it cannot be read. Throws PluginError in certbot's words with nginx's own.
 */
export async function openNginx(context: Context): Promise<{ nginx: Nginx; reading: Reading | null }> {
  const settings = nginxSettings(context.options);
  const program: NginxProgram = { ctl: settings.ctl, serverRoot: settings.serverRoot, environment: context.environment, signal: context.signal };
  const enough = new AbortController();
  const asked = nginxVersion(program);
  const tested = configurationFault({ ...program, signal: AbortSignal.any([context.signal, enough.signal]) });
  // Both take their time with a thousand blocks: meanwhile they are read.
  for (const each of [asked, tested]) each.catch(() => undefined);
  let reading: Reading | null = null;
  try {
    reading = readNginxConfiguration(settings.serverRoot);
  } catch {
    // What is wrong is said by nginx, or when it is read again.
  }
  const { product, numbers, tls, pidPath, http } = await asked;
  const nginx = { settings, program, pidPath, http };
  const accepted = reading !== null && isInForce(reading.tree, workersOf(reading.tree, pidPath));
  const fault = accepted ? null : await tested;
  enough.abort();
  const [major = 0, minor = 0, patch = 0] = numbers;
  if (major === 0 && (minor < 8 || (minor === 8 && patch < 48))) throw new PluginError('nginx', `Nginx version must be 0.8.48 or newer; this is ${numbers.join('.')}.`);
  if (!tls) throw new PluginError('nginx', 'Nginx build is missing SSL module (--with-http_ssl_module) or has no SNI support.', { hint: 'Install a build of nginx with them.' });
  if (product !== 'nginx') context.log('warning', `${product} is a relative of nginx; it is treated as nginx.`);
  if (fault !== null) {
    throw new PluginError('nginx', `The nginx plugin is not working; there may be problems with your existing configuration.\nThe error was: ${fault}`, { hint: 'Repair what nginx names here first; nothing was changed.' });
  }
  return { nginx, reading };
}

/** Reads the configuration; with `planned` as it will be. Throws PluginError for what nginx itself would not accept. */
export function readNginxConfiguration(serverRoot: string, planned: PlannedTexts | null = null): Reading {
  let tree: NginxTree;
  try {
    tree = readTree(serverRoot, undefined, planned);
  } catch (error) {
    throw new PluginError('nginx', `${serverRoot}/nginx.conf cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return { tree, servers: serversOf(tree, hostname().toLowerCase()) };
}

/** Names what could not be followed. */
export function tellUnread({ tree }: Reading, log: Context['log']): void {
  for (const { path, reason } of tree.unread) log('warning', `${path} could not be understood and is left out: ${reason}`);
}

/** Edits as the change of files that they are. */
export function changeOf({ tree }: Reading, edits: Edits, more: Partial<ServerChange> = {}): ServerChange {
  return {
    files: [
      ...[...edits].flatMap(([path, own]) => {
        const before = tree.files.get(path)?.text ?? '';
        const after = spliced(before, own);
        return after === before ? [] : [{ path, before, after }];
      }),
      ...(more.files ?? []),
    ],
    links: [],
    commands: [],
    notes: more.notes ?? [],
    warnings: more.warnings ?? [],
    ...(more.lost === undefined ? {} : { lost: more.lost }),
  };
}

/** What is on disk on its way into force; one after the other. */
export interface Handover {
  /**
   * nginx's verdict on what is on disk: null when it is good, else its words. Where it runs, it is told to read it, and sets it aside when
   * it is not good, which takes half the time of a test and a reload and shows too what only the running one finds, such as an address in use.
   */
  test(nginx: Nginx, tree: NginxTree): Promise<string | null>;
  /** Returns when what was tested is in force, and none of the processes from before takes requests any more. Throws PluginError. */
  complete(nginx: Nginx, tree: NginxTree): Promise<void>;
}

export function createHandover(): Handover {
  /** Workers from before what the running nginx has taken in its test; null when it was not told. */
  let leaving: readonly number[] | null = null;
  return {
    async test({ program, pidPath }, tree) {
      leaving = null;
      const workers = workersOf(tree, pidPath) ?? [];
      const master = masterOf(tree, pidPath, program);
      const complaints = newComplaints(tree);
      if (master === null || workers.length === 0 || !told(master)) return configurationFault(program);
      if (await hasTaken(master, workers)) {
        leaving = workers;
        return null;
      }
      return (await configurationFault(program)) ?? `nginx accepts it in its test, but the running one does not take it${complaints() ?? ': its error log says why.'}`;
    },
    async complete(nginx, tree) {
      if (leaving === null) await reloadAndWait(nginx, tree);
      else await untilGone(leaving, 0);
      leaving = null;
    },
  };
}

/** Has nginx read what is on disk, and returns when none of the processes from before takes requests any more. Throws PluginError. */
export async function reloadAndWait({ program, settings, pidPath }: Nginx, tree: NginxTree): Promise<void> {
  const before = workersOf(tree, pidPath);
  const master = masterOf(tree, pidPath, program);
  await reloadNginx(program, master);
  await untilGone(await withLateWorkers(before, master), Math.max(1, settings.sleepSeconds) * 1000);
}
