import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listCheckpoints } from '../../src/store/checkpoint.js';
import type { CertificateFiles, ServerPorts } from '../plugins/server-tree.js';
import { makePlace, type Ended, type Place } from './certwright.js';
import { freePorts } from './pebble.js';
import { quickCertbot } from './quick-certbot.js';
import { oldCertificate, plainAnswer, servedFor } from './web-server.js';

/** `CERTWRIGHT_WITH=certbot`: the same trees and the same questions, put to Debian's certbot. */
export const WITH_CERTBOT = process.env['CERTWRIGHT_WITH'] === 'certbot';

/** So many trees, spread over the corpus: CERTWRIGHT_TREES, or the usual number. */
export function spread<Tree>(trees: readonly Tree[], usual: number): readonly Tree[] {
  const count = Number(process.env['CERTWRIGHT_TREES'] ?? usual);
  return trees.filter((_, index) => index % Math.max(1, Math.floor(trees.length / count)) === 0);
}

/** What every tree of a corpus shares: the certificate that is installed, one that was there before, and the ports. */
export interface CorpusPlace {
  place: Place;
  old: CertificateFiles;
  ports: ServerPorts;
  /** Fingerprint of the certificate that is installed. */
  fresh: string;
  remove(): void;
}

/** Makes the lineage `all` of these names. `CERTWRIGHT_PORTS=80,443` takes these ports: certbot's nginx plugin redirects on 80 only. */
export async function makeCorpusPlace(names: readonly string[]): Promise<CorpusPlace> {
  const [http = 0, https = 0] = process.env['CERTWRIGHT_PORTS']?.split(',').map(Number) ?? (await freePorts(2));
  const place = makePlace();
  const folder = mkdtempSync(join(tmpdir(), 'certwright-old-'));
  const old = oldCertificate(folder);
  const { code, stderr } = await place.certwright(['certonly', '--sandbox', '-n', '--agree-tos', '--standalone', '--cert-name', 'all', '-d', [...new Set(names)].join(',')]);
  if (code !== 0) throw new Error(stderr);
  const fresh = execFileSync('openssl', ['x509', '-in', place.live('all', 'cert.pem'), '-noout', '-fingerprint', '-sha256'], { encoding: 'utf8' }).trim().split('=')[1] ?? '';
  return {
    place,
    old,
    ports: { http, https },
    fresh,
    remove() {
      rmSync(folder, { recursive: true, force: true });
      place.remove();
    },
  };
}

/** A tree that its server has loaded. */
export interface LoadedTree {
  installer: 'nginx' | 'apache';
  root: string;
  /** --nginx-server-root and the like. */
  options: readonly string[];
  names: readonly string[];
  /** The address on which the names are asked. */
  host: string;
  /** Nobody can say which block is meant: an exit status that is not 0, and no byte changed. */
  refused: boolean;
  files(): Record<string, string>;
  fault(): string | null;
  /** By real path: the blocks that may change, as offsets. */
  touched: ReadonlyMap<string, readonly { start: number; end: number }[]>;
  /** Lines that may come, or change, outside of these blocks. */
  besides: RegExp;
  /** Text that may come outside of them: a whole new block. */
  added: RegExp;
}

/** Where a tree's way ended, and what was seen there. */
export interface Fault {
  stage: 'install' | 'refusal' | 'config test' | 'served' | 'redirect' | 'circle' | 'untouched' | 'second install' | 'rollback';
  what: string;
}

/**
 * Install, config test, the new certificate for every name, a redirect to https that ends there, nothing changed but the blocks of the names, a second install that
 * changes no byte (certbot's always does: it is not asked), rollback to the very bytes of before. Null = all of it.
 */
export async function wholeLoop(tree: LoadedTree, { place, ports, fresh }: CorpusPlace): Promise<Fault | null> {
  const before = tree.files();
  const program = (args: readonly string[]): Promise<Ended> => {
    const all = [...args, '-n', '-i', tree.installer, ...tree.options];
    return WITH_CERTBOT ? place.certbot(all, { env: quickCertbot(place.folder) }) : place.certwright(all);
  };
  const install = (): Promise<Ended> => program(['install', '--redirect', '--cert-name', 'all', ...tree.names.flatMap((name) => ['-d', name]), '--http-01-port', String(ports.http), '--https-port', String(ports.https)]);
  const dirs = { config: join(place.folder, 'config'), work: join(place.folder, 'work'), logs: join(place.folder, 'logs') };
  const checkpoints = listCheckpoints(dirs).length;
  const fault = (stage: Fault['stage'], what: string): Fault => ({ stage, what });

  const { code, stdout, stderr } = await install();
  if (tree.refused) return code !== 0 && same(before, tree.files()) ? null : fault('refusal', `${stdout}${stderr}`);
  if (code !== 0) return fault('install', `${stdout}${stderr}`);
  const words = tree.fault();
  if (words !== null) return fault('config test', words);
  for (const name of tree.names) {
    const served = await soon(() => servedFor(name, ports.https, tree.host), (answer) => answer?.includes(fresh) === true);
    if (served?.includes(fresh) !== true) return fault('served', `${name}: ${served ?? 'no TLS'}`);
    const answer = await soon(() => plainAnswer(name, ports.http, tree.host).catch(() => null), (found) => found === null || redirects(found));
    // Nothing may be listening there.
    if (answer !== null && !redirects(answer)) return fault('redirect', `${name}: ${JSON.stringify(answer)}`);
    const { location } = await secureAnswer(name, ports.https, tree.host);
    if (location === `https://${name}/`) return fault('circle', `https://${name}/ leads to itself`);
  }
  const after = tree.files();
  for (const [path, text] of Object.entries(before)) {
    const others = changesOutside(text, after[path] ?? '', tree.touched.get(realpathSync(join(tree.root, path))) ?? [], tree, place.folder);
    if (others !== null) return fault('untouched', `${path}:\n${others}`);
  }
  if (!WITH_CERTBOT) {
    const again = await install();
    if (again.code !== 0 || !same(after, tree.files())) return fault('second install', `${again.stdout}${again.stderr}`);
  }
  const undone = await program(['rollback', '--checkpoints', String(listCheckpoints(dirs).length - checkpoints)]);
  if (undone.code !== 0 || !same(before, tree.files())) return fault('rollback', `${undone.stdout}${undone.stderr}${differences(before, tree.files())}`);
  return null;
}

const redirects = ({ status, location }: { status: number; location: string }): boolean => [301, 302, 308].includes(status) && location.startsWith('https://');

/** Where a request by TLS is sent to; '' = nowhere. */
function secureAnswer(name: string, port: number, host: string): Promise<{ location: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, servername: name, headers: { host: name }, rejectUnauthorized: false, timeout: 5000, agent: false }, (response) => {
      response.resume();
      resolve({ location: response.headers.location ?? '' });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end();
  });
}

/** Asks until the answer is the one that is hoped for, at most five seconds: certbot does not wait until its change is in force. */
async function soon<T>(ask: () => Promise<T>, hoped: (answer: T) => boolean): Promise<T> {
  const end = Date.now() + 5000;
  for (;;) {
    const answer = await ask();
    if (hoped(answer) || Date.now() > end) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const same = (one: Record<string, string>, other: Record<string, string>): boolean => differences(one, other) === '';

function differences(one: Record<string, string>, other: Record<string, string>): string {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].filter((path) => one[path] !== other[path]).map((path) => `${path}: ${JSON.stringify(one[path])} became ${JSON.stringify(other[path])}\n`).join('');
}

/** What `diff` finds between two texts that is not in these blocks: lines behind a block may come, and else only what may come outside. */
function changesOutside(before: string, after: string, blocks: readonly { start: number; end: number }[], { besides, added }: Pick<LoadedTree, 'besides' | 'added'>, folder: string): string | null {
  if (before === after) return null;
  const paths = [join(folder, 'before'), join(folder, 'after')];
  writeFileSync(paths[0] ?? '', before, 'latin1');
  writeFileSync(paths[1] ?? '', after, 'latin1');
  const { stdout } = spawnSync('diff', ['-a', '-U0', ...paths], { encoding: 'latin1', timeout: 10_000 });
  const lineOf = (offset: number): number => before.slice(0, offset).split('\n').length;
  const ranges = blocks.map(({ start, end }) => ({ first: lineOf(start), last: lineOf(end - 1) }));
  const outside = stdout.split(/^(?=@@ )/m).slice(1).filter((hunk) => {
    const [, from = '', count = '1'] = /^@@ -(\d+)(?:,(\d+))? /.exec(hunk) ?? [];
    const first = Number(from);
    const last = count === '0' ? first : first + Number(count) - 1;
    if (ranges.some((range) => first >= range.first && last <= range.last)) return false;
    const lines = hunk.split('\n').slice(1).filter((line) => /^[-+]/.test(line));
    if (count === '0' && added.test(lines.map((line) => line.slice(1)).join('\n').trim())) return false;
    return lines.some((line) => line.slice(1).trim() !== '' && !besides.test(line.slice(1)));
  });
  return outside.length === 0 ? null : outside.join('');
}

/** How many went the whole way, and where the others' ended. */
export function summary(faults: ReadonlyMap<string, Fault | null>): string {
  const failed = [...faults].flatMap(([title, fault]) => (fault ? [{ title, ...fault }] : []));
  const stages = [...new Set(failed.map(({ stage }) => stage))].map((stage) => {
    const own = failed.filter((each) => each.stage === stage);
    return `${stage}: ${own.length}\n${own.map(({ title, what }) => `    ${title}: ${what.trim().split('\n').slice(0, 12).join('\n        ')}`).join('\n')}`;
  });
  return [`${WITH_CERTBOT ? 'certbot' : 'certwright'}: ${faults.size - failed.length} of ${faults.size} trees`, ...stages].join('\n');
}
