import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DnsProvider, ProviderDescription } from '../../../../src/plugins/dns/provider.js';
import { connectApi } from '../../../../src/plugins/dns/request.js';
import { openProvider } from '../../../../src/plugins/dns/session.js';
import { fakeCertificate, type Fake } from './fake.js';

export interface Opened {
  provider: DnsProvider;
  logs: string[];
  /** Milliseconds that were to be waited before tries; nothing waits. */
  waits: number[];
}

export interface Opening {
  /** Lines of the credentials file; null = none. */
  credentials: readonly string[] | null;
  environment?: Readonly<Record<string, string>>;
  options?: Readonly<Record<string, string>>;
  /** All patience is used up but for 300 ms: what hangs times out at once. */
  impatient?: boolean;
  signal?: AbortSignal;
}

/** A provider as the program opens it, with the hosts of the service led to its stand-in, and a clock that does not wait. */
export async function openAt(fake: Fake, description: ProviderDescription, { credentials, environment = {}, options = {}, impatient = false, signal = AbortSignal.timeout(30_000) }: Opening): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'certwright-provider-'));
  const logs: string[] = [];
  const waits: number[] = [];
  let now = Date.now();
  const clock = {
    now: () => (impatient ? (now += 119_700) : now),
    sleep: (ms: number) => Promise.resolve(void waits.push(ms)).then(() => void (now += ms)),
  };
  try {
    const file = join(folder, 'credentials');
    if (credentials !== null) writeFileSync(file, `${credentials.join('\n')}\n`, { mode: 0o600 });
    const given = credentials === null ? {} : { [`dns_${description.name}_credentials`]: file };
    const log = (_level: string, message: string): void => void logs.push(message);
    const led: ProviderDescription = {
      ...description,
      create: (setup) =>
        description.create({
          ...setup,
          clock,
          connect(settings) {
            const { origin, hostname } = new URL(settings.base);
            const base = fake.hosts.includes(hostname) ? settings.base.replace(origin, fake.origin) : settings.base;
            if (new URL(base).hostname !== '127.0.0.1') throw new Error(`${hostname} is no host of this provider`);
            return connectApi({ ...settings, base }, { plugin: setup.plugin, title: description.title, access: setup.access, secrets: () => setup.credentials.secrets(), roots: [fakeCertificate().cert], userAgent: 'certwright-test', signal: setup.signal, log, clock });
          },
        }),
    };
    return { provider: await openProvider(led, { options: { ...options, ...given }, environment, signal, log }), logs, waits };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
