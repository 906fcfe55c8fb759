import { X509Certificate, createPrivateKey } from 'node:crypto';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { splitChain } from '../crypto/certificate.js';
import { storedExports, storeExport } from '../store/export-targets.js';
import { readLineage, type Lineage } from '../store/lineage.js';
import { codeOf, replaceFile } from '../system/atomic-file.js';
import { readSecret } from '../system/secret.js';
import { CertwrightError, Refused, StoreError } from './errors.js';
import { derKeyPath, type ExportTarget } from './export-target.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** A key's file, and one that everybody may read. */
const [PRIVATE, PUBLIC] = [0o600, 0o644];

/**
 * Writes the lineage's present version where and how the target says, then runs its reload command, whose failure is reported and
 * stops nothing. `password` is for pkcs12. Each file appears whole, the key first. Returns the paths. Throws Refused, StoreError,
 * PermissionMissing.
 */
export async function exportLineage(lineage: Lineage, target: ExportTarget, password: string, settings: Settings, world: World): Promise<string[]> {
  const { path, format, reloadCommand } = target;
  checkPlace(path);
  const files = await contents(lineage, target, password);
  for (const { path: place, data, mode } of files) {
    const has = written(place, data, mode);
    if (mode === PRIVATE && (has & 0o004) !== 0) world.log('warning', `${place} holds a private key and can be read by everybody on this machine. It was so before; chmod o-r ${place} changes it.`);
  }
  const paths = files.map(({ path: place }) => place);
  world.log('debug', `exported ${lineage.name} version ${lineage.version} as ${format}: ${paths.join(', ')}`);
  if (reloadCommand !== undefined && reloadCommand !== '') {
    const env = { EXPORTED_PATH: path, RENEWED_LINEAGE: lineage.liveFolder, RENEWED_DOMAINS: lineage.identifiers.map(({ value }) => value).join(' ') };
    const result = await world.runHook(reloadCommand, { env, timeoutMs: settings.values.hookTimeout * 1000 });
    world.interaction.report({ type: 'hook', kind: 'reload-command', command: reloadCommand, ...result });
  }
  return paths;
}

/** The password behind a source; /dev/null is how a person says that there shall be none. Throws Refused. */
export async function exportPassword(source: string, world: Pick<World, 'env' | 'signal'>): Promise<string> {
  return source === 'file:/dev/null' ? '' : readSecret(source, 'the password', world);
}

/**
 * Exports again what is stored with a lineage and does not have its present version: after a renewal of ours, and at the next `renew`
 * what failed then, or what another client renewed. What fails is reported and fails nothing else (as deploy hooks, S85).
 */
export async function repeatExports(name: string, settings: Settings, world: World): Promise<void> {
  const { dirs, interaction } = world;
  const stored = storedExports(dirs, name);
  if (stored.length === 0) return;
  const lineage = readLineage(dirs, name);
  for (const target of stored) {
    if (target.version === lineage.version) continue;
    try {
      const password = target.password === undefined ? '' : await exportPassword(target.password, world);
      const paths = await exportLineage(lineage, target, password, settings, world);
      storeExport(dirs, name, { ...target, version: lineage.version });
      interaction.report({ type: 'exported', lineage: name, format: target.format, paths, again: true });
    } catch (error) {
      if (!(error instanceof Error) || (error instanceof CertwrightError && error.code === 'cancelled')) throw error;
      const hint = error instanceof CertwrightError ? error.hint : undefined;
      interaction.report({ type: 'export-failed', lineage: name, path: target.path, message: error.message, ...(hint === undefined ? {} : { hint }) });
    }
  }
}

interface ExportFile {
  path: string;
  data: string | Buffer;
  mode: number;
}

async function contents(lineage: Lineage, { path, format, friendlyName, legacy }: ExportTarget, password: string): Promise<readonly ExportFile[]> {
  const [keyPem, fullchain] = [readFileSync(lineage.files.privkey, 'utf8'), readFileSync(lineage.files.fullchain, 'utf8')];
  switch (format) {
    case 'pem':
      // The key first: Postfix wants it so, HAProxy takes any order.
      return [{ path, data: `${keyPem.trimEnd()}\n${fullchain}`, mode: PRIVATE }];
    case 'der': {
      const [cert = ''] = splitChain(fullchain);
      return [
        { path: derKeyPath(path), data: createPrivateKey(keyPem).export({ type: 'pkcs8', format: 'der' }), mode: PRIVATE },
        { path, data: new X509Certificate(cert).raw, mode: PUBLIC },
      ];
    }
    case 'pkcs12': {
      const { makePkcs12 } = await import('../crypto/pkcs12.js');
      return [{ path, data: makePkcs12({ keyPem, certificates: splitChain(fullchain), password, friendlyName: friendlyName ?? lineage.name, legacy }), mode: PRIVATE }];
    }
  }
}

function checkPlace(path: string): void {
  if (!statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory()) throw new Refused(`The folder ${dirname(path)} does not exist.`, { hint: 'Make it, with the owner and mode that the other program needs, or choose another place with --out.' });
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there && !statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Refused(`${path} is there and is no file.`, { hint: 'Choose another place with --out.' });
}

function written(path: string, data: string | Buffer, mode: number): number {
  try {
    return replaceFile(path, data, { mode });
  } catch (error) {
    if (codeOf(error) === '') throw error;
    throw new StoreError(`${path} could not be written: ${codeOf(error)}. What stood there before is still there.`, { cause: error });
  }
}
