import { spawn, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeName } from '../../src/system/dns-names.js';
import { TYPE_CODES } from '../../src/system/dns-values.js';
import { askDns } from '../../src/system/dns-exchange.js';
import { freePorts } from './pebble.js';

/** A zone as a server of the test has it. */
export interface BindZone {
  name: string;
  /** Lines of the zone file after SOA; NS and their addresses too. */
  records?: readonly string[];
  /** `grant key. zonesub TXT;` */
  policy?: readonly string[];
  /** Port of the server this one copies the zone from; it does so when it starts and whenever it is notified. */
  primary?: number;
}

export interface Bind {
  /** On 127.0.0.1, UDP and TCP. */
  port: number;
  /** Where it answers on port 53 too (UDP), as nameservers do; named itself listens on addresses of interfaces only. */
  front: string | null;
  log(): string;
  /** Has a server look whether the primary has something new. */
  notify(zone: string): Promise<void>;
  txt(name: string): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface BindKey {
  name: string;
  algorithm: string;
  secret: string;
}

let addresses = 0;
/** Another loopback address each time, so that its port 53 is free. */
export function nextAddress(): string {
  addresses += 1;
  return `127.${20 + (process.pid % 200)}.${Math.floor(process.pid / 200) % 250}.${addresses}`;
}

/** Debian's bind9 with these zones; with `front` also on port 53 of that loopback address. */
export async function startBind({ zones, keys = [], front = null, recursion = false, forward: onward = [] }: { zones: readonly BindZone[]; keys?: readonly BindKey[]; front?: string | null; recursion?: boolean; forward?: readonly { zone: string; port: number }[] }): Promise<Bind> {
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'certwright-bind-'));
  const zoneTexts = zones.map(({ name, records = [], policy = [], primary }, index) => {
    const file = join(folder, `zone${index}`);
    if (primary !== undefined) return `zone "${name}" { type secondary; file "${file}"; masterfile-format text; primaries { 127.0.0.1 port ${primary}; }; allow-notify { 127.0.0.0/8; }; };`;
    writeFileSync(file, [`$TTL 60`, `@ IN SOA ns1 hostmaster 1 3600 3600 86400 1`, ...records, ''].join('\n'));
    return `zone "${name}" { type primary; file "${file}"; ${policy.length > 0 ? `update-policy { ${policy.join(' ')} };` : ''} };`;
  });
  writeFileSync(
    join(folder, 'named.conf'),
    [
      `options { directory "${folder}"; pid-file none; session-keyfile none; listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion ${recursion ? 'yes; allow-recursion { 127.0.0.0/8; }' : 'no'}; notify no; dnssec-validation no; allow-transfer { any; }; };`,
      'controls { };',
      ...keys.map(({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret}"; };`),
      ...zoneTexts,
      ...onward.map(({ zone, port: target }) => `zone "${zone}" { type forward; forward only; forwarders { 127.0.0.1 port ${target}; }; };`),
    ].join('\n'),
  );
  const child: ChildProcess = spawn('/usr/sbin/named', ['-g', '-4', '-n', '1', '-c', join(folder, 'named.conf')], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const kill = (): void => void child.kill('SIGKILL');
  process.once('exit', kill);
  const server = { address: '127.0.0.1', port };
  const forwarder = front === null ? null : await answerAt(front, port);
  const bind: Bind = {
    port,
    front,
    log: () => output,
    notify: (zone) => notify(server, zone),
    async txt(name) {
      const { answers } = await askDns(server, name, TYPE_CODES.TXT, { timeoutMs: 2000 });
      return answers.filter(({ type }) => type === TYPE_CODES.TXT).map(({ value }) => value);
    },
    stop: () =>
      new Promise((resolve) => {
        process.off('exit', kill);
        forwarder?.close();
        const gone = (): void => {
          rmSync(folder, { recursive: true, force: true });
          resolve();
        };
        if (child.exitCode !== null || child.signalCode !== null) return gone();
        child.once('close', gone);
        kill();
        return undefined;
      }),
  };
  const until = Date.now() + 15_000;
  for (;;) {
    const ready = await Promise.all(zones.map(({ name }) => askDns(server, name, TYPE_CODES.SOA, { timeoutMs: 500 }).then(({ authoritative, rcode }) => authoritative || rcode === 5, () => false)));
    if (ready.every(Boolean)) return bind;
    if (Date.now() > until || child.exitCode !== null) {
      await bind.stop();
      throw new Error(`named does not answer:\n${output}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Port 53 of a loopback address, answered by the server on this port of 127.0.0.1. */
function answerAt(address: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.on('message', (packet, from) => {
      const onward = createSocket('udp4');
      const timer = setTimeout(() => onward.close(), 3000);
      onward.on('error', () => undefined).on('close', () => clearTimeout(timer));
      onward.on('message', (answer) => {
        onward.close();
        socket.send(answer, from.port, from.address);
      });
      onward.send(packet, port, '127.0.0.1');
    });
    socket.bind(53, address, () => resolve(socket));
  });
}

/** RFC 1996, without a serial number. */
function notify({ address, port }: { address: string; port: number }, zone: string): Promise<void> {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(Math.floor(Math.random() * 65_536), 0);
  header.writeUInt16BE((4 << 11) | 0x0400, 2);
  header.writeUInt16BE(1, 4);
  const packet = Buffer.concat([header, encodeName(zone), Buffer.from([0, TYPE_CODES.SOA, 0, 1])]);
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.on('error', reject);
    socket.send(packet, port, address, () => socket.close(() => resolve()));
  });
}
