import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readCertificate } from '../crypto/certificate.js';
import type { Deployment, Installer, TlsHost } from '../plugins/contract.js';
import { codeOf } from '../system/atomic-file.js';
import { printableLine } from '../system/printable.js';
import { servedCertificate } from '../system/tls-probe.js';
import type { Event } from './events.js';
import type { World } from './world.js';

/** Milliseconds for one answer of a server of this machine. */
const ANSWER = 3000;
/** Milliseconds in which a server that was just reloaded opens its sockets, and between two looks. */
const OPENING = 1500;
const AGAIN = 50;
/** Answers that are waited for at the same time. */
const TOGETHER = 8;
/** Milliseconds for all that one server is asked after a renewal. */
const ALL_RENEWED = 10_000;

type Found = Extract<Event, { type: 'served-certificate' }>;
type Answer = Omit<Found, 'type' | 'names'>;

/**
 * Asks the server, by one TLS handshake for each name on this machine, whether the certificate that was just installed is the one that is
 * served, and tells what it found (N10): a block that comes first, another program on the port or a reload that was not done show only so.
 * Names with the same answer are told together. `installer` holds the configuration as it is now. Never throws for what is found.
 */
export async function tellServed(installer: Installer, { names, files, second }: Deployment, { interaction, signal }: World): Promise<void> {
  const hosts = installer.tlsHosts();
  const installed = pathsOf({ names, files, ...(second ? { second } : {}) });
  const own = hosts.filter(({ certificates }) => certificates.some((path) => installed.includes(path)));
  const leafOf = leafReader();
  const wanted = installed.map(leafOf);
  for (const each of await askAll(names.flatMap((name) => questionFor(name, own, wanted)), hosts, leafOf, signal)) interaction.report(each);
}

/**
 * The same after a renewal, whose server was just reloaded: one handshake for each certificate, at a block that has it by a name of its own,
 * and only what is served instead is told. What does not answer within ten seconds in all is passed over. Never throws for what is found.
 */
export async function tellOtherServed(installer: Installer, deployments: readonly Deployment[], { interaction, signal }: World): Promise<void> {
  const hosts = installer.tlsHosts();
  const leafOf = leafReader();
  const byPath = new Map<string, TlsHost[]>();
  for (const host of hosts) for (const path of host.certificates) byPath.set(path, [...(byPath.get(path) ?? []), host]);
  const questions = deployments.flatMap((deployment): readonly Question[] => {
    const paths = pathsOf(deployment);
    const own = [...new Set(paths.flatMap((path) => byPath.get(path) ?? []))];
    const name = deployment.names.find((each) => own.some((host) => host.names.includes(each)));
    return name === undefined ? [] : questionFor(name, own, paths.map(leafOf));
  });
  const found = await askAll(questions, hosts, leafOf, AbortSignal.any([signal, AbortSignal.timeout(ALL_RENEWED)]));
  for (const each of found) if (each.state === 'other') interaction.report(each);
}

function pathsOf({ files, second }: Deployment): readonly string[] {
  return [files, ...(second ? [second] : [])].flatMap(({ fullchain, cert }) => [fullchain, cert]);
}

/** Several at a time; names with the same answer in one. */
async function askAll(questions: readonly Question[], hosts: readonly TlsHost[], leafOf: (path: string) => string | null, signal: AbortSignal): Promise<readonly Found[]> {
  const answers = new Map<string, { names: string[]; answer: Answer }>();
  const waiting = [...questions];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const answer = await ask(next, hosts, leafOf, signal);
      const key = JSON.stringify(answer);
      const known = answers.get(key);
      if (known) known.names.push(next.name);
      else answers.set(key, { names: [next.name], answer });
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  return [...answers.values()].map(({ names, answer }) => ({ type: 'served-certificate', names, ...answer }));
}

interface Question {
  /** As it stands in the certificate. */
  name: string;
  /** As it is asked for. */
  asked: string;
  address: TlsHost['addresses'][number];
  /** Fingerprints of what should be served. */
  wanted: readonly (string | null)[];
}

/** Where a name is asked for: at the block that has it, else at the first one that has the certificate. */
function questionFor(name: string, own: readonly TlsHost[], wanted: Question['wanted']): readonly Question[] {
  const below = name.startsWith('*.') ? own.flatMap((host) => host.names).find((each) => !/[*?]/.test(each) && each.split('.').slice(1).join('.') === name.slice(2)) : undefined;
  const asked = name.startsWith('*.') ? (below ?? `www.${name.slice(2)}`) : name;
  const host = own.find((each) => each.names.includes(asked)) ?? own.find((each) => each.names.includes(name)) ?? own[0];
  const address = host?.addresses[0];
  return address ? [{ name, asked, address, wanted }] : [];
}

async function ask({ asked, address, wanted }: Question, hosts: readonly TlsHost[], leafOf: (path: string) => string | null, signal: AbortSignal): Promise<Answer> {
  const at = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  try {
    const shown = new X509Certificate(await onceOpen(() => servedCertificate(asked, address, { timeoutMs: ANSWER, signal }), signal));
    if (wanted.includes(shown.fingerprint256)) return { address: at, state: 'new' };
    const { names, ips, issuer, notAfter } = readCertificate(shown.raw);
    const place = hosts.find(({ certificates }) => certificates.some((path) => leafOf(path) === shown.fingerprint256))?.place;
    return { address: at, state: 'other', served: { names: [...names, ...ips].map((each) => printableLine(each)), issuer: printableLine(issuer), notAfter: notAfter.toISOString(), ...(place === undefined ? {} : { place }) } };
  } catch (error) {
    return { address: at, state: 'unasked', reason: printableLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** Asks again while nothing listens: the old processes of Apache are gone before it opens an address that came with the change. */
async function onceOpen<Result>(asking: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
  const until = Date.now() + OPENING;
  for (;;) {
    try {
      return await asking();
    } catch (error) {
      if (codeOf(error) !== 'ECONNREFUSED' || Date.now() >= until || signal.aborted) throw error;
      await sleep(AGAIN);
    }
  }
}

/** The fingerprint of the first certificate of a file, which is read once; null when it cannot be read. */
function leafReader(): (path: string) => string | null {
  const known = new Map<string, string | null>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    let leaf: string | null = null;
    try {
      leaf = new X509Certificate(readFileSync(path)).fingerprint256;
    } catch {
      // Nothing is like it.
    }
    known.set(path, leaf);
    return leaf;
  };
}
