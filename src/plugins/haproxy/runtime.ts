import { X509Certificate } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { connect, type NetConnectOpts } from 'node:net';
import { basename, dirname, join, resolve } from 'node:path';

/** Milliseconds for one answer of the running process. */
const ANSWER = 5000;
/** More than this of an answer is not read. */
const LONGEST = 4 << 20;

/** A file of the folder: its path and what it holds. */
export interface PemFile {
  path: string;
  text: string;
}

/**
 * Brings the certificates of the running HAProxy to what the folder (without symbolic links) holds, by its Runtime API (Management Guide, section 9.3): changed ones
 * are exchanged in one commit each, new ones join the folder's list, and those whose files are gone leave it. No connection is dropped.
 * Rejects with what HAProxy said when a certificate is not as it shall be afterwards; a reload then does the rest.
 */
export async function exchangeCertificates(socket: string, folder: string, files: readonly PemFile[], signal: AbortSignal): Promise<void> {
  const ask = (text: string): Promise<string> => say(socket, text, signal);
  const known = new Map(namesIn(await ask('show ssl cert')).map((name) => [join(realOf(dirname(name)), basename(name)), name]));
  const list = namesIn(await ask('show ssl crt-list')).find((name) => realOf(name) === folder);
  const inFolder = (path: string): string => (list === undefined ? path : join(list, basename(path)));
  for (const { path, text } of files) {
    const name = known.get(path);
    if (name === undefined && list === undefined) throw new Error(`the running configuration does not load ${folder}`);
    if (name !== undefined && fingerprintIn(await ask(`show ssl cert ${name}`)) === leafOf(text)) continue;
    if (name === undefined) await done(ask(`new ssl cert ${inFolder(path)}`), /^New empty certificate/m);
    const as = name ?? inFolder(path);
    try {
      // An empty line would end what is sent.
      await done(ask(`set ssl cert ${as} <<\n${text.replace(/\r/g, '').replace(/\n{2,}/g, '\n').trim()}\n`), /^Transaction (?:created|updated)/m);
      await done(ask(`commit ssl cert ${as}`), /^Success!/m);
    } catch (error) {
      await ask(`abort ssl cert ${as}`);
      throw error;
    }
    if (name === undefined) await done(ask(`add ssl crt-list ${list ?? folder} ${as}`), /^Success!/m);
  }
  const present = new Set(files.map(({ path }) => path));
  for (const [path, name] of known) {
    if (dirname(path) !== folder || present.has(path) || list === undefined) continue;
    await done(ask(`del ssl crt-list ${list} ${name}`), /deleted/m);
    await done(ask(`del ssl cert ${name}`), /deleted/m);
  }
}

/** Paths as the configuration has them. One of a transaction that somebody left open has a `*` before it. */
function namesIn(answer: string): readonly string[] {
  return answer.split('\n').map((line) => line.trim().replace(/^\*/, '')).filter((line) => line.startsWith('/'));
}

function realOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

async function done(answer: Promise<string>, wanted: RegExp): Promise<void> {
  const text = await answer;
  if (!wanted.test(text)) throw new Error(text.trim());
}

function fingerprintIn(answer: string): string | null {
  return /^SHA1 FingerPrint: ([0-9A-F]+)/m.exec(answer)?.[1] ?? null;
}

function leafOf(text: string): string {
  return new X509Certificate(text).fingerprint.replaceAll(':', '');
}

/** One command over a connection of its own, which HAProxy closes after the answer. */
function say(socket: string, text: string, signal: AbortSignal): Promise<string> {
  return new Promise((answered, reject) => {
    const client = connect(target(socket));
    let answer = '';
    const timer = setTimeout(() => client.destroy(new Error(`${socket} does not answer`)), ANSWER);
    const onAbort = (): void => void client.destroy(new Error('stopped'));
    signal.addEventListener('abort', onAbort, { once: true });
    client.setEncoding('utf8').on('data', (chunk: string) => (answer = (answer + chunk).slice(0, LONGEST)));
    client.on('error', reject);
    client.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      answered(answer);
    });
    client.end(`${text}\n`);
  });
}

function target(socket: string): NetConnectOpts {
  const [, host = '', port = ''] = /^([^/]*):(\d+)$/.exec(socket) ?? [];
  return port === '' ? { path: socket } : { host: host.replace(/^\[(.*)\]$/, '$1') || '127.0.0.1', port: Number(port) };
}
