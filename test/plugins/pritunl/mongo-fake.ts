import { createRequire } from 'node:module';
import { createServer, type AddressInfo, type Socket } from 'node:net';

type Document = Record<string, unknown>;
// The driver brings it.
const { serialize, deserialize } = createRequire(createRequire(import.meta.url).resolve('mongodb'))('bson') as { serialize(document: Document): Uint8Array; deserialize(bytes: Uint8Array): Document };

export interface MongoFake {
  port: number;
  /** Documents of the collection `settings` by `_id`. */
  settings: Map<unknown, Document>;
  /** Databases that were written to. */
  databases: string[];
  /** Answers the next update instead. */
  refuse: Document | null;
  /** What stands in no document of MongoDB's wire protocol as it is known here. */
  faults: string[];
  stop(): Promise<void>;
}

const HELLO = { helloOk: true, ismaster: true, isWritablePrimary: true, maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000, maxWriteBatchSize: 100_000, minWireVersion: 0, maxWireVersion: 21, readOnly: false, ok: 1 };

/**
 * A MongoDB that knows `hello`, `update` of one document and `endSessions`, by https://github.com/mongodb/specifications (OP_MSG, and OP_QUERY
 * for the first greeting). No authentication.
 */
export async function startMongoFake(): Promise<MongoFake> {
  const sockets = new Set<Socket>();
  const fake: Omit<MongoFake, 'port' | 'stop'> = { settings: new Map([['app', { _id: 'app', server_cert: 'old', theme: 'dark' }]]), databases: [], refuse: null, faults: [] };
  const answerTo = (command: Document): Document => {
    const [name] = Object.keys(command);
    if (name === 'hello' || name === 'ismaster' || name === 'isMaster') return HELLO;
    if (name === 'endSessions') return { ok: 1 };
    if (name !== 'update' || command['update'] !== 'settings') {
      fake.faults.push(JSON.stringify(command));
      return { ok: 0, code: 59, errmsg: `no such command: '${name}'` };
    }
    if (fake.refuse) return fake.refuse;
    const [update, ...more] = command['updates'] as { q: Document; u: { $set: Document }; multi?: boolean; upsert?: boolean }[];
    if (!update || more.length > 0 || update.multi === true || update.upsert === true || Object.keys(update.u).join() !== '$set') fake.faults.push(JSON.stringify(command));
    fake.databases.push(String(command['$db']));
    const found = fake.settings.get(update?.q['_id']);
    if (!found || !update) return { n: 0, nModified: 0, ok: 1 };
    Object.assign(found, update.u.$set);
    return { n: 1, nModified: 1, ok: 1 };
  };
  const served = (message: Buffer): Buffer => {
    const [id, code] = [message.readInt32LE(4), message.readInt32LE(12)];
    const header = (length: number, op: number): Buffer => {
      const bytes = Buffer.alloc(16);
      [16 + length, 1, id, op].forEach((value, index) => bytes.writeInt32LE(value, index * 4));
      return bytes;
    };
    if (code === 2013) {
      // Flags, then one section of kind 0.
      const reply = serialize(answerTo(deserialize(message.subarray(21))));
      if (message[20] !== 0) fake.faults.push(`section of kind ${message[20]}`);
      return Buffer.concat([header(5 + reply.length, 2013), Buffer.alloc(5), reply]);
    }
    if (code !== 2004) fake.faults.push(`operation ${code}`);
    const start = message.indexOf(0, 20) + 9;
    const reply = serialize(answerTo(deserialize(message.subarray(start))));
    const fields = Buffer.alloc(20);
    fields.writeInt32LE(8, 0);
    fields.writeInt32LE(1, 16);
    return Buffer.concat([header(20 + reply.length, 1), fields, reply]);
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    let waiting = Buffer.alloc(0);
    socket.on('error', () => undefined).on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
        const length = waiting.readInt32LE(0);
        socket.write(served(waiting.subarray(0, length)));
        waiting = waiting.subarray(length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      for (const socket of sockets) socket.destroy();
      server.close(() => resolve());
    });
  return Object.assign(fake, { port: (server.address() as AddressInfo).port, stop });
}
