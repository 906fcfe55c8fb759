import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readCertificate } from '../crypto/certificate.js';
import type { Deployment, Installer, TlsHost } from '../plugins/contract.js';
import { printableLine } from '../system/printable.js';
import { servedCertificate } from '../system/tls-probe.js';
import type { Event } from './events.js';
import type { World } from './world.js';

/** Milliseconds for one answer of a server of this machine. */
const ANSWER = 3000;
/** Answers that are waited for at the same time. */
const TOGETHER = 8;

type Answer = Omit<Extract<Event, { type: 'served-certificate' }>, 'type' | 'names'>;

/**
 * Asks the server, by one TLS handshake for each name on this machine, whether the certificate that was just installed is the one that is
 * served, and tells what it found (N10): a block that comes first, another program on the port or a reload that was not done show only so.
 * Names with the same answer are told together. Never throws for what is found.
 */
export async function tellServed(installer: Installer, { names, files, second }: Deployment, { interaction, signal }: World): Promise<void> {
  await installer.read(new Map());
  const hosts = installer.tlsHosts();
  const installed = [files, ...(second ? [second] : [])].flatMap(({ fullchain, cert }) => [fullchain, cert]);
  const own = hosts.filter(({ certificates }) => certificates.some((path) => installed.includes(path)));
  const wanted = installed.map(leafOf);
  const answers = new Map<string, { names: string[]; answer: Answer }>();
  const waiting = names.flatMap((name) => questionFor(name, own));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined && !signal.aborted; next = waiting.shift()) {
      const answer = await ask(next, wanted, hosts, signal);
      const key = JSON.stringify(answer);
      const known = answers.get(key);
      if (known) known.names.push(next.name);
      else answers.set(key, { names: [next.name], answer });
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, worker));
  for (const { names: alike, answer } of answers.values()) interaction.report({ type: 'served-certificate', names: alike, ...answer });
}

interface Question {
  /** As it stands in the certificate. */
  name: string;
  /** As it is asked for. */
  asked: string;
  address: TlsHost['addresses'][number];
}

/** Where a name is asked for: at the block that has it, else at the first one that has the certificate. */
function questionFor(name: string, own: readonly TlsHost[]): readonly Question[] {
  const below = name.startsWith('*.') ? own.flatMap((host) => host.names).find((each) => !/[*?]/.test(each) && each.split('.').slice(1).join('.') === name.slice(2)) : undefined;
  const asked = name.startsWith('*.') ? (below ?? `www.${name.slice(2)}`) : name;
  const host = own.find((each) => each.names.includes(asked)) ?? own.find((each) => each.names.includes(name)) ?? own[0];
  const address = host?.addresses[0];
  return address ? [{ name, asked, address }] : [];
}

async function ask({ asked, address }: Question, wanted: readonly (string | null)[], hosts: readonly TlsHost[], signal: AbortSignal): Promise<Answer> {
  const at = `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  try {
    const shown = new X509Certificate(await servedCertificate(asked, address, { timeoutMs: ANSWER, signal }));
    if (wanted.includes(shown.fingerprint256)) return { address: at, state: 'new' };
    const { names, ips, issuer, notAfter } = readCertificate(shown.raw);
    const place = hosts.find(({ certificates }) => certificates.some((path) => leafOf(path) === shown.fingerprint256))?.place;
    return { address: at, state: 'other', served: { names: [...names, ...ips].map((each) => printableLine(each)), issuer: printableLine(issuer), notAfter: notAfter.toISOString(), ...(place === undefined ? {} : { place }) } };
  } catch (error) {
    return { address: at, state: 'unasked', reason: printableLine(error instanceof Error ? error.message : String(error)) };
  }
}

/** The fingerprint of the first certificate of a file; null when it cannot be read. */
function leafOf(path: string): string | null {
  try {
    return new X509Certificate(readFileSync(path)).fingerprint256;
  } catch {
    return null;
  }
}
