import { X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PluginError } from '../../core/errors.js';
import { createFallbackCertificate } from '../../crypto/fallback-certificate.js';
import { codeOf } from '../../system/atomic-file.js';
import { servedCertificate } from '../../system/tls-probe.js';
import type { CertificateFiles, ChangedFile, Deployment, InstallContext, Installer, ServerChange, TlsHost } from '../contract.js';
import { tlsBindings } from './bindings.js';
import { configurationFault, requireHaproxy, runReload } from './control.js';
import { haproxySettings, type HaproxySettings } from './options.js';
import { exchangeCertificates, type PemFile } from './runtime.js';

/** Comes first in the folder, so that HAProxy shows it for names that have none. */
const FALLBACK = '__fallback.pem';
/** Milliseconds until a reload is in force, and between two looks. */
const SERVED = 5000;
const LOOK = 30;
/** certwright obtains it later. */
const NOT_YET = '# The certificate and its private key come here.\n';

interface Opened {
  context: InstallContext;
  settings: HaproxySettings;
  /** Text of a fallback certificate, made where none is there. */
  fallback: string | null;
}

/**
 * HAProxy as an installer (certbot-haproxy 0.1): each name gets `NAME.pem` with chain and private key in the folder that HAProxy loads. Its
 * configuration stays as it is.
 */
export function createHaproxyInstaller(): Installer {
  let opened: Opened | null = null;
  let planned: ReadonlyMap<string, string> = new Map();
  /** What was given to it in this run. */
  const given: Deployment[] = [];

  const at = (): Opened => {
    if (!opened) throw new Error('HAProxy was not prepared');
    return opened;
  };
  const textOf = (path: string): string | null => planned.get(path) ?? readText(path);
  const change = (deployment: Deployment, wanted: (path: string) => boolean, more: readonly ChangedFile[] = []): ServerChange => {
    const { settings } = at();
    const files = filesFor(deployment, settings.folder)
      .filter(({ path }) => wanted(path))
      .map(({ path, source }): ChangedFile => ({ path, before: textOf(path), after: combined(source), mode: 0o600 }));
    given.push(deployment);
    const changed = files.filter(({ before, after }) => before !== after);
    return { files: [...more, ...changed], links: [], commands: [], notes: changed.map(({ path }) => `Deployed certificate to ${path}`), warnings: [] };
  };

  return {
    async prepare(context) {
      const settings = haproxySettings(context.options);
      await requireHaproxy(context);
      if (!existsSync(settings.configuration)) throw new PluginError('haproxy-installer', `There is no configuration ${settings.configuration}.`, { hint: 'Name it with --haproxy-installer-haproxy-config.' });
      const folder = existsSync(settings.folder) ? realpathSync(settings.folder) : settings.folder;
      const fallback = settings.fallback && !existsSync(join(folder, FALLBACK)) ? await createFallbackCertificate('certwright fallback for HAProxy') : null;
      opened = { context, settings: { ...settings, folder }, fallback };
    },
    read(instead) {
      planned = instead;
      return Promise.resolve();
    },
    names: () => [],
    tlsHosts: () => hostsOf(at().settings, given),
    questions: () => [],
    deploy(deployment) {
      const { settings, fallback } = at();
      const path = join(settings.folder, FALLBACK);
      // Made anew by each run until it is there.
      const own: ChangedFile[] = fallback !== null && textOf(path) === null ? [{ path, before: null, after: fallback, mode: 0o600, dated: true }] : [];
      return change(deployment, () => true, own);
    },
    // Only where it was installed once: `certonly` with this installer gives it nothing new.
    renewed: (deployment) => change(deployment, (path) => textOf(path) !== null),
    enhance: () => null,
    detach: () => null,
    moved: () => null,
    ready: () => void mkdirSync(at().settings.folder, { recursive: true, mode: 0o700 }),
    test: () => configurationFault(at().settings.configuration, at().context),
    async reload() {
      if (await reload(at())) await untilServed(hostsOf(at().settings, given), given.at(-1), at().context.signal);
    },
  };
}

/** In the running process where there is a socket; else, or when that does not do, by the command: then true, for it is done a moment later. */
async function reload({ context, settings }: Opened): Promise<boolean> {
  if (settings.socket !== null) {
    try {
      await exchangeCertificates(settings.socket, settings.folder, pemFiles(settings.folder), context.signal);
      return false;
    } catch (error) {
      context.log('warning', `The running HAProxy could not exchange its certificates by ${settings.socket}, so it is reloaded: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  const fault = await configurationFault(settings.configuration, context);
  if (fault !== null) throw new PluginError('haproxy-installer', `HAProxy does not accept its configuration, so it was not reloaded:\n${fault}`, { hint: 'Repair what HAProxy names here first.' });
  await runReload(settings.reload, context);
  return true;
}

/** The command only tells the main process to begin: waits until the new one shows the certificate, at the longest for five seconds. */
async function untilServed([host]: readonly TlsHost[], deployment: Deployment | undefined, signal: AbortSignal): Promise<void> {
  const address = host?.addresses[0];
  const name = deployment?.names.find((each) => !each.startsWith('*.'));
  if (!address || !deployment || name === undefined) return;
  const wanted = sourcesOf(deployment).map(({ fullchain }) => new X509Certificate(readText(fullchain) ?? '').fingerprint256);
  for (const until = Date.now() + SERVED; Date.now() < until && !signal.aborted; await sleep(LOOK)) {
    const shown = await servedCertificate(name, address, { timeoutMs: SERVED, signal }).catch(() => null);
    if (shown !== null && wanted.includes(new X509Certificate(shown).fingerprint256)) return;
  }
}

function sourcesOf({ files, second }: Deployment): readonly CertificateFiles[] {
  return [files, ...(second ? [second] : [])];
}

interface Copy {
  path: string;
  source: CertificateFiles;
}

/**
 * One file for each name, and one more for the certificate of a pair with the other key (HAProxy chooses between certificates of a name by
 * what the client can use). A certificate for addresses only is named after its folder.
 */
function filesFor({ names, files, second }: Deployment, folder: string): readonly Copy[] {
  const stems = names.length > 0 ? names : [basename(dirname(files.fullchain))];
  return stems.flatMap((name): Copy[] => {
    // A * comes before the fallback certificate in the order of the folder, and a shell would take it for more than one file.
    const stem = name.replace(/^\*\./, '_wildcard.');
    return [{ path: join(folder, `${stem}.pem`), source: files }, ...(second ? [{ path: join(folder, `${stem}-rsa.pem`), source: second }] : [])];
  });
}

/** Chain and key as HAProxy reads them from one file. Throws PluginError. */
function combined({ fullchain, cert, chain, privkey }: CertificateFiles): string {
  const certificates = readText(fullchain) ?? joined(readText(cert), readText(chain));
  const key = readText(privkey);
  return certificates === null || key === null ? NOT_YET : `${certificates.trimEnd()}\n${key.trimEnd()}\n`;
}

function joined(cert: string | null, chain: string | null): string | null {
  return cert === null ? null : `${cert.trimEnd()}\n${chain ?? ''}`;
}

function readText(path: string): string | null {
  if (path === '') return null;
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw new PluginError('haproxy-installer', `${path} cannot be read: ${codeOf(error)}`, { hint: 'Run it as the owner of that file (usually root).', cause: error });
  }
}

function pemFiles(folder: string): readonly PemFile[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.pem') && !name.startsWith('.'))
    .sort()
    .map((name) => ({ path: join(folder, name), text: readText(join(folder, name)) ?? '' }));
}

function hostsOf({ configuration, folder }: HaproxySettings, given: readonly Deployment[]): readonly TlsHost[] {
  const sources = given.flatMap(sourcesOf).flatMap(({ fullchain, cert }) => [fullchain, cert]);
  const names = existsSync(folder) ? pemFiles(folder).map(({ path }) => basename(path, '.pem').replace(/^_wildcard\./, '*.')) : [];
  return tlsBindings(readText(configuration) ?? '').flatMap(({ line, certificates, addresses }) => {
    const loads = certificates.some((path) => existsSync(path) && [folder, ...names.map((name) => join(folder, `${name}.pem`))].includes(realpathSync(path)));
    return loads ? [{ place: `${configuration}:${line}`, names, certificates: sources, addresses }] : [];
  });
}
