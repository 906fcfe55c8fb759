import { createSocket } from 'node:dgram';
import type { Socket as UdpSocket } from 'node:dgram';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { DnsFormatError } from './dns-names.js';
import { RCODE, decodeMessage, encodeMessage } from './dns-wire.js';
import type { DnsMessage, DnsRecord } from './dns-wire.js';

/** What the DNS server says about a question. */
export interface ZoneAnswer {
  rcode: number;
  answers: DnsRecord[];
  authorities: DnsRecord[];
}

/** Where answers come from. */
export interface AnswerSource {
  answer(name: string, type: number): ZoneAnswer;
}

const CLASS_IN = 1;
const CLASS_ANY = 255;
const TRANSFERS = new Set([251, 252]);
const EDNS_SIZE = 1232;
const TCP_IDLE_MS = 10_000;

/**
 * The answer to a DNS packet: undefined for what deserves none (responses, less than a header). `limit` is the largest
 * answer in bytes; a longer one is cut and marked so (UDP). Never throws.
 */
export function answerPacket(packet: Buffer, zone: AnswerSource, limit?: number): Buffer | undefined {
  if (packet.length < 12 || ((packet[2] ?? 0x80) & 0x80) !== 0) return undefined;
  let query: DnsMessage;
  try {
    query = decodeMessage(packet);
  } catch (error) {
    if (!(error instanceof DnsFormatError)) throw error;
    const refusal = Buffer.alloc(12);
    packet.copy(refusal, 0, 0, 2);
    refusal[2] = 0x80 | ((packet[2] ?? 0) & 0x79);
    refusal[3] = RCODE.FORMERR;
    return refusal;
  }
  const reply: DnsMessage = { ...query, response: true, authoritative: true, truncated: false, recursionAvailable: false, rcode: RCODE.NOERROR, answers: [], authorities: [], additionals: [] };
  if (query.edns) reply.edns = { size: EDNS_SIZE, version: 0 };
  const question = query.questions[0];
  if (query.opcode !== 0) reply.rcode = RCODE.NOTIMP;
  else if (query.edns && query.edns.version > 0) reply.rcode = RCODE.BADVERS;
  else if (question === undefined || query.questions.length > 1) reply.rcode = RCODE.FORMERR;
  else if ((question.class !== CLASS_IN && question.class !== CLASS_ANY) || TRANSFERS.has(question.type)) reply.rcode = RCODE.REFUSED;
  else Object.assign(reply, zone.answer(question.name, question.type));
  const bytes = encodeMessage(reply);
  const room = limit === undefined ? 65_535 : Math.max(limit, Math.min(query.edns?.size ?? 0, 4096));
  return bytes.length <= room ? bytes : encodeMessage({ ...reply, truncated: true, answers: [], authorities: [] });
}

export interface DnsServer {
  port: number;
  /** Closes both sockets and every connection at once. */
  stop(): Promise<void>;
}

function bindUdp(host: string, port: number): Promise<UdpSocket> {
  return new Promise((resolve, reject) => {
    const socket = createSocket(host.includes(':') ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' });
    socket.once('error', reject);
    socket.bind(port, host, () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function listenTcp(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function serveConnection(socket: Socket, zone: AnswerSource): void {
  let pending = Buffer.alloc(0);
  socket.setTimeout(TCP_IDLE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const length = pending.readUInt16BE(0);
      const answer = answerPacket(pending.subarray(2, 2 + length), zone);
      pending = pending.subarray(2 + length);
      if (answer === undefined) {
        socket.destroy();
        return;
      }
      const size = Buffer.alloc(2);
      size.writeUInt16BE(answer.length);
      socket.write(Buffer.concat([size, answer]));
    }
  });
}

/** Starts the DNS server on UDP and TCP of one port (0: any free one). Rejects with the system's error when it cannot bind. */
export async function startDnsServer(zone: AnswerSource, host: string, port: number): Promise<DnsServer> {
  for (let attempt = 1; ; attempt += 1) {
    const udp = await bindUdp(host, port);
    const connections = new Set<Socket>();
    const tcp = createServer((socket) => {
      connections.add(socket);
      socket.on('close', () => connections.delete(socket));
      serveConnection(socket, zone);
    });
    const bound = udp.address().port;
    try {
      await listenTcp(tcp, host, bound);
    } catch (error) {
      udp.close();
      // A free UDP port may be taken on TCP: ask for another one, unless the port was given.
      if (port !== 0 || attempt >= 20) throw error;
      continue;
    }
    udp.on('error', () => {});
    udp.on('message', (packet, from) => {
      const answer = answerPacket(packet, zone, 512);
      if (answer !== undefined) udp.send(answer, from.port, from.address);
    });
    return {
      port: bound,
      stop: async () => {
        for (const socket of connections) socket.destroy();
        await Promise.all([new Promise<void>((done) => udp.close(done)), new Promise<void>((done) => tcp.close(() => done()))]);
      },
    };
  }
}
