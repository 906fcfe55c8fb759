import { domainToUnicode } from 'node:url';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CertwrightError, StoreError } from '../core/errors.js';
import type { Identifier } from '../core/identifier.js';
import { readCertificate } from '../crypto/certificate.js';
import type { RevocationSources } from '../crypto/revocation-sources.js';
import { codeOf } from '../system/atomic-file.js';
import { hasUsualLinks, noteLineage, rememberedInstalled, rememberedRenewal, type LineageIndex } from './lineage-index.js';
import { archiveFolder, kinds, liveFolder, renewalPath, type Directories, type Kind } from './paths.js';
import { readRenewalFile, type RenewalFile } from './renewal-file.js';

/** A file of the archive as it is made, and as a link may name it. */
const ARCHIVED = /^(cert|privkey|chain|fullchain)([1-9]\d*)\.pem$/;
const VERSION = /^(cert|privkey|chain|fullchain)(\d+)\.pem$/;

/** What the links of a lineage lead to. */
export interface Installed {
  /** DNS names as certbot lists them, then addresses; read from the certificate (F35). */
  identifiers: readonly Identifier[];
  notBefore: Date;
  notAfter: Date;
  /** Lower-case hexadecimal. */
  serial: string;
  /** As `CertificateFacts.certId`. */
  certId?: string;
  keyType: 'rsa' | 'ecdsa';
  curve?: string;
  rsaKeySize?: number;
  /** Where its revocation can be learnt. */
  revocation: RevocationSources;
  /** The N of the archive files in use. */
  version: number;
  /** What the links lead to. */
  files: Readonly<Record<Kind, string>>;
}

/** A certificate with its versions, as certbot calls it. Its present version is only in the links (F16). */
export interface Lineage extends Installed {
  name: string;
  renewal: RenewalFile;
  /** The links that servers are pointed to. */
  live: Readonly<Record<Kind, string>>;
  liveFolder: string;
  archiveFolder: string;
  server?: string;
}

/**
 * All lineages by name, and the renewal files that cannot be used with the reason. Touches nothing, reads no private key. With an index,
 * what is as it was is not read again, and what was read is noted in it.
 */
export function listLineages(dirs: Directories, index?: LineageIndex): { lineages: Lineage[]; broken: { path: string; reason: string }[] } {
  const lineages: Lineage[] = [];
  const broken: { path: string; reason: string }[] = [];
  for (const name of lineageNames(dirs)) {
    try {
      lineages.push(index ? readIndexed(dirs, name, index) : readLineage(dirs, name));
    } catch (error) {
      if (!(error instanceof CertwrightError)) throw error;
      broken.push({ path: join(dirs.config, 'renewal', `${name}.conf`), reason: error.message });
    }
  }
  return { lineages, broken };
}

function readIndexed(dirs: Directories, name: string, index: LineageIndex): Lineage {
  const known = rememberedRenewal(index, dirs, name);
  const renewal = known ?? readRenewalFile(renewalPath(dirs, name));
  const installed = (known || hasUsualLinks(renewal, dirs, name) ? rememberedInstalled(index, dirs, name) : undefined) ?? readInstalled(renewal);
  noteLineage(index, dirs, name, renewal, installed);
  return lineageOf(name, renewal, installed);
}

function lineageNames(dirs: Directories): readonly string[] {
  let files: string[];
  try {
    files = readdirSync(join(dirs.config, 'renewal'));
  } catch {
    return [];
  }
  return files
    .filter((file) => file.endsWith('.conf') && file !== '.conf')
    // By file name as certbot lists them: a-rsa.conf stands before a.conf.
    .sort()
    .map((file) => file.slice(0, -'.conf'.length));
}

/** One lineage. Throws StoreError that says what is wrong with it. */
export function readLineage(dirs: Directories, name: string): Lineage {
  const renewal = readRenewalFile(renewalPath(dirs, name));
  return lineageOf(name, renewal, readInstalled(renewal));
}

function lineageOf(name: string, renewal: RenewalFile, installed: Installed): Lineage {
  const { server } = renewal.params;
  return {
    ...installed,
    name,
    renewal,
    live: renewal.links,
    liveFolder: dirname(renewal.links.cert),
    archiveFolder: renewal.archiveDir ?? dirname(installed.files.cert),
    ...(typeof server === 'string' ? { server } : {}),
  };
}

function readInstalled({ links }: RenewalFile): Installed {
  const files = Object.fromEntries(kinds.map((kind) => [kind, target(links[kind])])) as Record<Kind, string>;
  const version = versionOf(files.cert, 'cert');
  let pem: string;
  try {
    pem = readFileSync(files.cert, 'utf8');
  } catch (cause) {
    throw new StoreError(`${links.cert} leads to ${files.cert}, which cannot be read`, { cause });
  }
  const { names, ips, notBefore, notAfter, serial, certId, keyType, curve, rsaKeySize, revocation } = readCertificate(pem);
  return {
    identifiers: [
      ...names.map((value): Identifier => ({ type: 'dns', value, shown: value.includes('xn--') ? domainToUnicode(value) || value : value })),
      ...ips.map((value): Identifier => ({ type: 'ip', value, shown: value })),
    ],
    notBefore,
    notAfter,
    serial,
    keyType,
    revocation,
    version,
    files,
    ...(certId === undefined ? {} : { certId }),
    ...(curve === undefined ? {} : { curve }),
    ...(rsaKeySize === undefined ? {} : { rsaKeySize }),
  };
}

/** Where a link of live/ leads: relative (as certbot makes them) or absolute (after its crash recovery), F11. */
function target(link: string): string {
  let destination: string;
  try {
    destination = readlinkSync(link);
  } catch (error) {
    if (codeOf(error) === 'EINVAL') throw new StoreError(`expected ${link} to be a symlink`);
    throw new StoreError(`the file ${link} is missing`, { cause: error });
  }
  return resolve(dirname(link), destination);
}

function versionOf(path: string, kind: Kind): number {
  const version = versionIn(path, kind);
  if (version === null) throw new StoreError(`${path} is not a version of ${kind}.pem`);
  return version;
}

/** The N of a path that ends in `kindN.pem`; null for another one. */
export function versionIn(path: string | null, kind: Kind): number | null {
  const [, found, number] = VERSION.exec(path?.slice(path.lastIndexOf('/') + 1) ?? '') ?? [];
  return found === kind ? Number(number) : null;
}

/** Which versions the archive has of each kind. */
export function versions(folder: string): Readonly<Record<Kind, readonly number[]>> {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    files = [];
  }
  const found: Record<Kind, number[]> = { cert: [], privkey: [], chain: [], fullchain: [] };
  for (const file of files) {
    const [, kind, number] = ARCHIVED.exec(file) ?? [];
    if (kind !== undefined) found[kind as Kind].push(Number(number));
  }
  for (const kind of kinds) found[kind].sort((a, b) => a - b);
  return found;
}

/** F13: one more than the largest number of any kind, so a half-written version is never written over. */
export function nextVersion(dirs: Directories, name: string): number {
  return 1 + Math.max(0, ...Object.values(versions(folderOf(dirs, name))).flat());
}

/** F16: the largest number that all four kinds have; 0 when none. */
export function latestCommonVersion(dirs: Directories, name: string): number {
  const { cert, privkey, chain, fullchain } = versions(folderOf(dirs, name));
  return Math.max(0, ...cert.filter((number) => privkey.includes(number) && chain.includes(number) && fullchain.includes(number)));
}

function folderOf(dirs: Directories, name: string): string {
  try {
    const { archiveDir } = readRenewalFile(renewalPath(dirs, name));
    if (archiveDir !== undefined) return archiveDir;
  } catch {
    // Not a lineage yet, or one whose file is broken: the usual place.
  }
  return archiveFolder(dirs, name);
}

/** Live folder by convention, for lineages that are being made. */
export function newLinks(dirs: Directories, name: string): Readonly<Record<Kind, string>> {
  const folder = liveFolder(dirs, name);
  return { cert: join(folder, 'cert.pem'), privkey: join(folder, 'privkey.pem'), chain: join(folder, 'chain.pem'), fullchain: join(folder, 'fullchain.pem') };
}
