import { setMaxListeners } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { acmeHandler } from './acme-server.js';
import type { RequestRecord } from './acme-server.js';
import { startDnsServer } from '../system/dns-server.js';
import { DnsZone } from './dns-zone.js';
import type { Authority } from './exchange.js';
import { FaultDice, parseFaults } from './faults.js';
import type { Faults } from './faults.js';
import { hierarchyPem, makeServerCertificate } from './hierarchy.js';
import { cannotListen, listen } from './listener.js';
import type { Listener } from './listener.js';
import { NoncePool } from './nonces.js';
import { plainHandler } from './plain-server.js';
import { makePolicy } from './policy.js';
import type { PolicyWish } from './policy.js';
import { Resolver } from './resolver.js';
import { DIRECTORY } from './routes.js';
import { keepInFolder, keepNothing } from './state-folder.js';

export interface SandboxOptions {
  /** Port of the ACME server; any free one when 0 or absent. */
  port?: number;
  /** Port of the DNS server (UDP and TCP); any free one when 0 or absent. */
  dnsPort?: number;
  /** Port of the plain server (CRL, OCSP, setting records); when absent, the one after `port` if it is free. */
  managementPort?: number;
  /** Address of all servers; 127.0.0.1 when absent. */
  host?: string;
  /** Port where http-01 answers are looked for. */
  httpPort: number;
  /** Port where tls-alpn-01 answers are looked for. */
  tlsPort: number;
  /** Folder in which the CA lives on between runs: keys, roots, accounts, orders. Nothing is kept when absent. */
  stateFolder?: string;
  /** DNS server that validations ask; its own when absent. */
  resolver?: { address: string; port: number };
  /** What goes wrong on purpose, in the form that `parseFaults` reads or read already. */
  faults?: string | Faults;
  /** IPv4 address of every name without records of its own; 127.0.0.1 when absent, none when null. */
  resolveAllTo?: string | null;
  /** Profiles, external account keys, lifetimes and so on, where the usual ones do not fit. */
  policy?: PolicyWish;
  /** Milliseconds since 1970; the system's clock when absent. */
  now?: () => number;
}

/** A CA that runs inside of this process. */
export interface Sandbox {
  /** `https://127.0.0.1:PORT/directory`. */
  directoryUrl: string;
  /** Both roots as PEM. The first signs the certificate of the ACME server itself; both end chains of what is issued. */
  rootPem: string;
  dns: { address: string; port: number };
  /** `http://127.0.0.1:PORT`: sets DNS records for other programs, as pebble-challtestsrv does; also CRL and OCSP. */
  managementUrl: string;
  /** Adds a value to the records of a name; further values stand beside it. Throws UsageError for what the DNS cannot hold. */
  setRecord(name: string, type: string, value: string): void;
  /** Takes one value away, or all of the type. */
  removeRecord(name: string, type: string, value?: string): void;
  /** Makes questions for a name fail with a DNS response code (2 = SERVFAIL); undefined heals it. */
  failName(name: string, rcode: number | undefined): void;
  /** The requests to the ACME server so far, oldest first; only the last 10,000 are remembered. */
  requests: readonly RequestRecord[];
  /** From now on these faults, counted anew. Throws UsageError. */
  setFaults(faults: string | Faults): void;
  /** No account has agreed to the terms any more (RFC 8555 section 7.3.3). */
  changeTerms(): void;
  /** Renewal window of all certificates, or of the one with this serial number (hexadecimal). Milliseconds since 1970; undefined: as computed. */
  setRenewalWindow(window: { start: number; end: number; explanationUrl?: string } | undefined, serial?: string): void;
  /** Ends everything at once: servers, connections, validations. What the CA remembers is on disk when it resolves. */
  stop(): Promise<void>;
}

const REMEMBERED_REQUESTS = 10_000;
/** Longer than clients keep idle connections, so that they are the ones who close. */
const KEEP_ALIVE_MS = 75_000;

function readFaults(faults: string | Faults): Faults {
  return typeof faults === 'string' ? parseFaults(faults) : faults;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

async function listenPlain(server: ReturnType<typeof createHttpServer>, host: string, wanted: number | undefined, neighbour: number): Promise<Listener> {
  const what = 'setting records';
  if (wanted !== undefined) return listen(server, what, host, wanted);
  try {
    return await listen(server, what, host, neighbour < 65_536 ? neighbour : 0);
  } catch {
    return listen(server, what, host, 0);
  }
}

/**
 * Starts a certificate authority with its own DNS server on this machine. Every certificate it issues was validated by
 * real connections and real DNS queries, which all stay here. Throws UsageError for faults that cannot be understood,
 * NetworkError when a port is taken, StoreError or PermissionMissing for a state folder that cannot be used.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const host = options.host ?? '127.0.0.1';
  const now = options.now ?? Date.now;
  let dice = new FaultDice(readFaults(options.faults ?? {}));
  const zone = new DnsZone();
  zone.setDefaults(options.resolveAllTo === null ? undefined : (options.resolveAllTo ?? '127.0.0.1'), undefined);
  const kept = options.stateFolder === undefined ? keepNothing(now()) : keepInFolder(options.stateFolder, now());
  const stopping = new AbortController();
  setMaxListeners(0, stopping.signal);
  const running = new Set<Promise<void>>();
  const requests: RequestRecord[] = [];
  const started: { stop(): Promise<void> }[] = [];
  const stop = async (): Promise<void> => {
    stopping.abort();
    await Promise.all(started.splice(0).map((each) => each.stop()));
    await Promise.allSettled(running);
    kept.flush();
  };

  try {
    const dns = await startDnsServer(zone, host, options.dnsPort ?? 0).catch((error: unknown) => {
      throw cannotListen('DNS', host, options.dnsPort ?? 0, error);
    });
    started.push(dns);
    let origins: string[] = [];
    const authority: Authority = {
      policy: makePolicy({ httpPort: options.httpPort, tlsPort: options.tlsPort }, options.policy),
      state: kept.state,
      nonces: new NoncePool(),
      hierarchy: kept.hierarchy,
      resolver: new Resolver(options.resolver ?? { address: host, port: dns.port }),
      dice: () => dice,
      now,
      plainOrigin: '',
      origins: () => origins,
      background(work) {
        const task = work()
          .catch(() => {})
          .finally(() => {
            running.delete(task);
            kept.flush();
          });
        running.add(task);
      },
      signal: stopping.signal,
    };
    const note = (record: RequestRecord): void => {
      requests.push(record);
      if (requests.length > REMEMBERED_REQUESTS) requests.shift();
    };
    const server = createHttpsServer({ ...makeServerCertificate(kept.hierarchy, host, now()), keepAliveTimeout: KEEP_ALIVE_MS }, acmeHandler(authority, { before: kept.flush, note }));
    const acme = await listen(server, 'the ACME server', host, options.port ?? 0);
    started.push(acme);
    const plain = await listenPlain(createHttpServer(plainHandler(authority, zone)), host, options.managementPort, acme.port + 1);
    started.push(plain);
    origins = [...new Set([host, 'localhost'])].map((each) => `https://${bracketed(each)}:${acme.port}`);
    authority.plainOrigin = `http://${bracketed(host)}:${plain.port}`;
    return {
      directoryUrl: `${origins[0]}${DIRECTORY}`,
      rootPem: hierarchyPem(kept.hierarchy, 'rootX1') + hierarchyPem(kept.hierarchy, 'rootX2'),
      dns: { address: host, port: dns.port },
      managementUrl: authority.plainOrigin,
      setRecord: (name, type, value) => zone.add(name, type, value),
      removeRecord: (name, type, value) => zone.remove(name, type, value),
      failName: (name, rcode) => zone.fail(name, rcode),
      requests,
      setFaults(faults) {
        dice = new FaultDice(readFaults(faults));
      },
      changeTerms() {
        for (const account of kept.state.accounts.values()) account.termsOfServiceAgreed = false;
        kept.state.changed();
      },
      setRenewalWindow(window, serial) {
        if (serial === undefined) authority.policy.window = window;
        else {
          const certificate = kept.state.certificates.get(serial.toLowerCase());
          if (certificate === undefined) throw new RangeError(`no certificate has the serial number ${serial}`);
          certificate.window = window;
          kept.state.changed();
        }
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
