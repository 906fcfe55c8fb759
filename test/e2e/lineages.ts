import { X509Certificate, createPrivateKey } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';

const KINDS = ['cert', 'privkey', 'chain', 'fullchain'];

/** What is wrong with the lineages of this configuration directory, and what a stopped or disturbed run left behind; empty = all in order. */
export function wrongWith(config: string): readonly string[] {
  const wrong = readdirSync(join(config, 'renewal'))
    .filter((file) => !file.endsWith('.conf'))
    .map((file) => `renewal/${file} is left over`);
  for (const name of lineageNames(config)) wrong.push(...wrongWithLineage(config, name));
  for (const folder of ['live', 'archive']) {
    for (const entry of readdirSync(join(config, folder))) if (entry !== 'README' && !lineageNames(config).includes(entry)) wrong.push(`${folder}/${entry} belongs to no lineage`);
  }
  for (const folder of ['journal', 'pending']) {
    const path = join(config, '.certwright', folder);
    if (existsSync(path)) wrong.push(...readdirSync(path).map((entry) => `.certwright/${folder}/${entry} is left over`));
  }
  return wrong;
}

export function lineageNames(config: string): readonly string[] {
  return readdirSync(join(config, 'renewal'))
    .filter((file) => file.endsWith('.conf'))
    .map((file) => basename(file, '.conf'));
}

/** The version that is in use, by the link of the certificate. */
export function versionInUse(config: string, name: string): number {
  return Number(/(\d+)\.pem$/.exec(readlinkSync(join(config, 'live', name, 'cert.pem')))?.[1]);
}

function wrongWithLineage(config: string, name: string): string[] {
  const live = join(config, 'live', name);
  const wrong: string[] = [];
  const entries = readdirSync(live).sort();
  if (entries.join() !== ['README', ...KINDS.map((kind) => `${kind}.pem`)].sort().join()) wrong.push(`live/${name} has ${entries.join(' ')}`);
  const version = versionInUse(config, name);
  for (const kind of KINDS) {
    const link = join(live, `${kind}.pem`);
    if (!lstatSync(link).isSymbolicLink() || readlinkSync(link) !== `../../archive/${name}/${kind}${version}.pem`) wrong.push(`live/${name}/${kind}.pem is not the link to version ${version}`);
  }
  const numbers = readdirSync(join(config, 'archive', name));
  for (const kind of KINDS) if (Math.max(...numbers.filter((file) => file.startsWith(kind)).map((file) => Number(/\d+/.exec(file)?.[0]))) !== version) wrong.push(`archive/${name} has another newest ${kind} than ${version}`);
  const [cert = '', key = '', chain = '', fullchain] = KINDS.map((kind) => readFileSync(join(live, `${kind}.pem`), 'utf8'));
  if (fullchain !== cert + chain) wrong.push(`live/${name}/fullchain.pem is not cert and chain`);
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) wrong.push(`the key of ${name} does not fit`);
  return wrong;
}
