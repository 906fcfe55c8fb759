import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { EventEmitter } from 'node:events';
import { connect, isIP } from 'node:net';
import type { DnsAddress } from './addresses.js';
import { decodeMessage, encodeMessage, type DnsMessage } from './dns-wire.js';

export interface ExchangeOptions {
  /** Milliseconds for the answer. */
  timeoutMs: number;
  signal?: AbortSignal;
  /** Is this packet the answer? Others are not listened to over UDP (anybody can send one), and are a failure over TCP. */
  isAnswer(packet: Buffer): boolean;
}

/** Sends a packet by UDP and returns its answer. Rejects with the system's error, ETIMEDOUT, or the signal's reason. */
export function exchangeUdp(packet: Buffer, { address, port }: DnsAddress, { timeoutMs, signal, isAnswer }: ExchangeOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal));
    const socket = createSocket(isIP(address) === 6 ? 'udp6' : 'udp4');
    const { end } = bounded(socket, () => socket.close(), { timeoutMs, signal }, reject);
    socket.on('message', (answer) => {
      if (!isAnswer(answer)) return;
      end();
      resolve(answer);
    });
    // Connected: only packets of this server come in, and a port that is closed is told at once.
    socket.connect(port, address, () => socket.send(packet));
    return undefined;
  });
}

/** The same by TCP (RFC 7766). */
export function exchangeTcp(packet: Buffer, { address, port }: DnsAddress, { timeoutMs, signal, isAnswer }: ExchangeOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(reasonOf(signal));
    const socket = connect({ host: address, port });
    let received = Buffer.alloc(0);
    const { end, fail } = bounded(socket, () => socket.destroy(), { timeoutMs, signal }, reject);
    socket.on('close', () => fail(Object.assign(new Error('the connection was closed before the answer'), { code: 'ECONNRESET' })));
    socket.on('connect', () => socket.write(Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 0xff]), packet])));
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const answer = received.subarray(2, 2 + received.readUInt16BE(0));
      if (!isAnswer(answer)) return fail(new Error('the answer is to another question'));
      end();
      resolve(answer);
    });
    return undefined;
  });
}

/** A question as a packet, with EDNS. */
export function questionPacket(name: string, type: number, { recursion }: { recursion: boolean }): Buffer {
  return encodeMessage({
    id: randomInt(65_536), response: false, opcode: 0, authoritative: false, truncated: false, recursionDesired: recursion, recursionAvailable: false, rcode: 0,
    questions: [{ name, type, class: 1 }], answers: [], authorities: [], additionals: [], edns: { size: 1232, version: 0 },
  });
}

/** Does the packet answer this question: same id, name and type? */
export function answersQuestion(question: Buffer, name: string, type: number): (packet: Buffer) => boolean {
  return (packet) => {
    try {
      const { response, id, questions } = decodeMessage(packet);
      return response && id === question.readUInt16BE(0) && questions[0]?.type === type && questions[0].name.toLowerCase() === name.toLowerCase();
    } catch {
      return false;
    }
  };
}

/** Asks one server once: by UDP, and by TCP when the answer was cut. Rejects as the exchanges do. */
export async function askDns(server: DnsAddress, name: string, type: number, { recursion = false, timeoutMs, signal }: { recursion?: boolean; timeoutMs: number; signal?: AbortSignal }): Promise<DnsMessage> {
  const question = questionPacket(name, type, { recursion });
  const options: ExchangeOptions = { timeoutMs, isAnswer: answersQuestion(question, name, type), ...(signal === undefined ? {} : { signal }) };
  const message = decodeMessage(await exchangeUdp(question, server, options));
  return message.truncated ? decodeMessage(await exchangeTcp(question, server, options)) : message;
}

/** Ends a socket in every case: `end` at the answer, `fail` at its errors, after the time, or when the signal says so. */
function bounded(socket: EventEmitter, close: () => void, { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal | undefined }, reject: (error: Error) => void): { end: () => void; fail: (error: Error) => void } {
  const end = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    socket.removeAllListeners();
    socket.on('error', () => undefined);
    close();
  };
  const fail = (error: Error): void => {
    end();
    reject(error);
  };
  const stop = (): void => fail(reasonOf(signal));
  const timer = setTimeout(() => fail(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })), timeoutMs);
  signal?.addEventListener('abort', stop, { once: true });
  socket.on('error', fail);
  return { end, fail };
}

function reasonOf(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new Error('stopped');
}
