import { generateKeyPairSync } from 'node:crypto';
import { createServer as createHttp, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { basicConstraints, keyDer, makeCertificate, nameDer, subjectAltName } from '../../../../src/sandbox/certificate-der.js';

export interface FakeRecord {
  id: string;
  /** The whole name, without the final dot. */
  name: string;
  type: string;
  /** Without quotes. */
  value: string;
  ttl: number;
}

export interface FakeZone {
  id: string;
  name: string;
  records: FakeRecord[];
}

export interface Ask {
  method: string;
  /** The path as it was sent, without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  /** The parsed body; undefined when there is none. */
  json: unknown;
  /** `https://HOST` as the client asked for it, and what follows it as it was sent: what signatures are made of. */
  origin: string;
  target: string;
}

export interface Answer {
  /** 200 when absent. */
  status?: number;
  headers?: Readonly<Record<string, string>>;
  json?: unknown;
  text?: string;
}

/** What a fake knows of its provider. */
export interface Behaviour {
  /** The hosts of the real service that it stands for. */
  hosts: readonly string[];
  /** Answers as the provider documents it; throws Undocumented for a request that its documents do not have. */
  serve(ask: Ask, world: FakeWorld): Answer;
  /** The documented body of a refusal with this status. */
  refusal(status: number): Answer;
}

export interface FakeWorld {
  zones: FakeZone[];
  /** Entries on one page, where the provider's listings have pages. */
  pageSize: number;
  /** A new id, of digits. */
  id(): string;
  /** The zone with this id or name. */
  zone(id: string): FakeZone | undefined;
}

/** A request that stands in no document of the provider. */
export class Undocumented extends Error {}

export interface Fake extends FakeWorld {
  hosts: readonly string[];
  /** `https://127.0.0.1:PORT` */
  origin: string;
  /** How many requests there were of this kind. */
  count(matches: (ask: Ask) => boolean): number;
  /** How many connections there were. */
  connections(): number;
  /** Requests that were undocumented: none, in a test that passes. */
  faults: string[];
  /** Values of the TXT records at a name, sorted. */
  txt(name: string): readonly string[];
  put(name: string, value: string): void;
  /** What is answered instead, to each request that matches, in turn: an answer, a status in the provider's own words, or nothing at all. */
  instead(matches: (ask: Ask) => boolean, ...answers: (Answer | number | 'hang')[]): void;
  refusal(status: number): Answer;
  stop(): Promise<void>;
}

let pair: { key: string; cert: string } | undefined;

/** One self-signed certificate of this process, for 127.0.0.1 and all hosts that are stood in for. */
export function fakeCertificate(): { key: string; cert: string } {
  if (pair) return pair;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const names = ['localhost', ...HOSTS].map((value) => ({ type: 'dns' as const, value }));
  const der = makeCertificate(
    { serial: Buffer.from([1, 2, 3]), issuer: nameDer('fake providers'), subject: nameDer('fake providers'), notBefore: Date.now() - 3_600_000, notAfter: Date.now() + 86_400_000, spki: keyDer(publicKey), extensions: [subjectAltName([...names, { type: 'ip', value: '127.0.0.1' }], false), basicConstraints(true)] },
    privateKey,
  );
  pair = { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n` };
  return pair;
}

const HOSTS = ['api.cloudflare.com', 'api.digitalocean.com', 'api.linode.com', 'route53.amazonaws.com', 'sts.amazonaws.com', 'sts.us-east-1.amazonaws.com', 'dns.googleapis.com', 'oauth2.googleapis.com', 'www.googleapis.com', 'eu.api.ovh.com', 'ca.api.ovh.com', 'api.gandi.net', 'api.nsone.net', 'api.luadns.com', 'api.dnsimple.com', 'api.dnsmadeeasy.com', 'api.gis.gehirn.jp', 'secure.sakura.ad.jp'];

/** Starts a stand-in of a provider on loopback, with these zones. `plain`: HTTP, as the metadata services of clouds have it. */
export async function startFake(behaviour: Behaviour, zones: readonly string[], { plain = false, pageSize = 2 }: { plain?: boolean; pageSize?: number } = {}): Promise<Fake> {
  let last = 1000;
  const asked: Ask[] = [];
  const instructions: { matches: (ask: Ask) => boolean; answer: Answer | number | 'hang' }[] = [];
  let connections = 0;
  const fake: Omit<Fake, 'origin' | 'stop'> = {
    connections: () => connections,
    hosts: behaviour.hosts,
    pageSize,
    zones: [],
    count: (matches) => asked.filter(matches).length,
    faults: [],
    id: () => String((last += 1)),
    zone: (id) => fake.zones.find((zone) => zone.id === id || zone.name === id),
    txt: (name) => fake.zones.flatMap(({ records }) => records).filter((record) => record.type === 'TXT' && record.name === name).map(({ value }) => value).sort(),
    put(name, value) {
      const zone = fake.zones.filter((candidate) => name === candidate.name || name.endsWith(`.${candidate.name}`)).sort((a, b) => b.name.length - a.name.length)[0];
      zone?.records.push({ id: fake.id(), name, type: 'TXT', value, ttl: 600 });
    },
    instead: (matches, ...answers) => void instructions.push(...answers.map((answer) => ({ matches, answer }))),
    refusal: behaviour.refusal.bind(behaviour),
  };
  fake.zones.push(...zones.map((name) => ({ id: fake.id(), name, records: [{ id: fake.id(), name, type: 'A', value: '192.0.2.1', ttl: 3600 }] })));

  const server: Server = plain ? createHttp(listener) : (createHttps(fakeCertificate(), listener) as unknown as Server);
  server.on(plain ? 'connection' : 'secureConnection', () => void (connections += 1));
  function listener(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.url ?? '';
      const url = new URL(target, 'https://fake.invalid');
      const body = Buffer.concat(chunks).toString('utf8');
      const ask: Ask = { method: request.method ?? '', path: url.pathname, query: url.searchParams, headers: request.headers, body, json: parsed(body), origin: `https://${request.headers.host ?? ''}`, target };
      asked.push(ask);
      const answer = answerTo(ask);
      if (answer === 'hang') return;
      const { status = 200, headers = {}, json, text = json === undefined ? '' : JSON.stringify(json) } = answer;
      response.writeHead(status, { ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers }).end(text);
    });
  }
  function answerTo(ask: Ask): Answer | 'hang' {
    const index = instructions.findIndex(({ matches }) => matches(ask));
    const instruction = index < 0 ? undefined : instructions.splice(index, 1)[0];
    if (instruction) return typeof instruction.answer === 'number' ? behaviour.refusal(instruction.answer) : instruction.answer;
    try {
      return behaviour.serve(ask, fake);
    } catch (error) {
      fake.faults.push(`${ask.method} ${ask.target} ${ask.body}: ${error instanceof Undocumented ? error.message : String((error as Error).stack)}`);
      return { status: 400, text: 'undocumented' };
    }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return Object.assign(fake, { origin: `${plain ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}`, stop });
}

/** The parts of a path like `/zones/:zone/records/:id` when the request is this one, each decoded. */
export function matched(ask: Ask, pattern: string): Readonly<Record<string, string>> | undefined {
  const [method = '', path = ''] = pattern.split(' ');
  const names = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
  const found = new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/:\w+/g, '([^/]+)')}$`).exec(ask.path);
  if (ask.method !== method || !found) return undefined;
  return Object.fromEntries(names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]));
}

/** Throws Undocumented for a parameter of the query that is not one of these. */
export function onlyQuery(ask: Ask, ...allowed: readonly string[]): void {
  for (const name of ask.query.keys()) if (!allowed.includes(name)) throw new Undocumented(`no parameter ${name}`);
}

/** The JSON of a body, which has these members and perhaps those; throws Undocumented. */
export function bodyOf(ask: Ask, required: readonly string[], optional: readonly string[] = []): Readonly<Record<string, unknown>> {
  if (!/^application\/json\b/.test(ask.headers['content-type'] ?? '')) throw new Undocumented(`content-type ${ask.headers['content-type'] ?? 'is missing'}`);
  const { json } = ask;
  if (typeof json !== 'object' || json === null) throw new Undocumented('the body is no JSON object');
  for (const name of required) if (!(name in json)) throw new Undocumented(`no member ${name}`);
  for (const name of Object.keys(json)) if (![...required, ...optional].includes(name)) throw new Undocumented(`member ${name}`);
  return json as Record<string, unknown>;
}

/** A request without a body, or with an empty object, which lexicon always sends. */
export function noBody(ask: Ask): void {
  if (ask.body !== '' && ask.body !== '{}') throw new Undocumented(`a body: ${ask.body}`);
}

/** One page of a listing, counted from 1. */
export function pageOf<T>(all: readonly T[], page: number, size: number): { entries: readonly T[]; pages: number } {
  return { entries: all.slice((page - 1) * size, page * size), pages: Math.max(1, Math.ceil(all.length / size)) };
}

/** A number of the query within bounds; throws Undocumented. */
export function numberOf(ask: Ask, name: string, { least, most, usual }: { least: number; most: number; usual: number }): number {
  const text = ask.query.get(name);
  if (text === null) return usual;
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) throw new Undocumented(`${name}=${text}`);
  return value;
}

/**
 * A proxy that leads every CONNECT to the fake that stands for the host; anything else is refused. Programs that are not ours find
 * the fakes by it: HTTPS_PROXY=http://127.0.0.1:PORT.
 */
export async function startProxy(fakes: readonly Fake[]): Promise<{ address: string; refused: string[]; stop(): Promise<void> }> {
  const refused: string[] = [];
  const sockets = new Set<Socket>();
  const proxy = createHttp((_request, response) => void response.writeHead(501).end());
  proxy.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const host = (request.url ?? '').replace(/:\d+$/, '');
    const fake = fakes.find(({ hosts }) => hosts.includes(host));
    if (!fake) {
      refused.push(host);
      return void socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
    }
    const onward = connect(Number(new URL(fake.origin).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const end of [socket, onward]) {
      sockets.add(end);
      end.on('error', () => void [socket, onward].map((other) => other.destroy()));
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    refused,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        proxy.close(() => resolve());
      }),
  };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
