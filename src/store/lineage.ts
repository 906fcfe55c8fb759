import { domainToUnicode } from 'node:url';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { CertwrightError, StoreError } from '../core/errors.js';
import type { Identifier } from '../core/identifier.js';
import { readCertificate } from '../crypto/certificate.js';
import type { RevocationSources } from '../crypto/revocation-sources.js';
import { codeOf } from '../system/atomic-file.js';
import { archiveFolder, kinds, liveFolder, renewalPath, type Directories, type Kind } from './paths.js';
import { readRenewalFile, type RenewalFile } from './renewal-file.js';

/** A certificate with its versions, as certbot calls it. Its present version is only in the links (F16). */
export interface Lineage {
  name: string;
  renewal: RenewalFile;
  /** DNS names as certbot lists them, then addresses; read from the certificate (F35). */
  identifiers: readonly Identifier[];
  notBefore: Date;
  notAfter: Date;
  /** Lower-case hexadecimal. */
  serial: string;
  keyType: 'rsa' | 'ecdsa';
  curve?: string;
  rsaKeySize?: number;
  /** Where its revocation can be learnt. */
  revocation: RevocationSources;
  /** The N of the archive files in use. */
  version: number;
  /** The links that servers are pointed to. */
  live: Readonly<Record<Kind, string>>;
  liveFolder: string;
  archiveFolder: string;
  /** What the links lead to. */
  files: Readonly<Record<Kind, string>>;
  server?: string;
}

/** All lineages by name, and the renewal files that cannot be used with the reason. Touches nothing, reads no private key. */
export function listLineages(dirs: Directories): { lineages: Lineage[]; broken: { path: string; reason: string }[] } {
  const lineages: Lineage[] = [];
  const broken: { path: string; reason: string }[] = [];
  for (const name of lineageNames(dirs)) {
    try {
      lineages.push(readLineage(dirs, name));
    } catch (error) {
      if (!(error instanceof CertwrightError)) throw error;
      broken.push({ path: join(dirs.config, 'renewal', `${name}.conf`), reason: error.message });
    }
  }
  return { lineages, broken };
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
  const files = Object.fromEntries(kinds.map((kind) => [kind, target(renewal.links[kind])])) as Record<Kind, string>;
  const version = versionOf(files.cert, 'cert');
  let pem: string;
  try {
    pem = readFileSync(files.cert, 'utf8');
  } catch (cause) {
    throw new StoreError(`${renewal.links.cert} leads to ${files.cert}, which cannot be read`, { cause });
  }
  const { names, ips, notBefore, notAfter, serial, keyType, curve, rsaKeySize, revocation } = readCertificate(pem);
  const { server } = renewal.params;
  return {
    name,
    renewal,
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
    live: renewal.links,
    liveFolder: dirname(renewal.links.cert),
    archiveFolder: renewal.archiveDir ?? dirname(files.cert),
    files,
    ...(curve === undefined ? {} : { curve }),
    ...(rsaKeySize === undefined ? {} : { rsaKeySize }),
    ...(typeof server === 'string' ? { server } : {}),
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
  const number = new RegExp(`^${kind}(\\d+)\\.pem$`).exec(path.slice(path.lastIndexOf('/') + 1))?.[1];
  if (number === undefined) throw new StoreError(`${path} is not a version of ${kind}.pem`);
  return Number(number);
}

/** Which versions the archive has of each kind. */
export function versions(folder: string): Readonly<Record<Kind, readonly number[]>> {
  let files: string[];
  try {
    files = readdirSync(folder);
  } catch {
    files = [];
  }
  const of = (kind: Kind): number[] =>
    files
      .map((file) => new RegExp(`^${kind}([1-9]\\d*)\\.pem$`).exec(file)?.[1])
      .filter((number) => number !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  return { cert: of('cert'), privkey: of('privkey'), chain: of('chain'), fullchain: of('fullchain') };
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
