import { readFileSync } from 'node:fs';
import { PluginError } from '../../core/errors.js';
import { printable, printableLine } from '../../system/printable.js';
import { redact } from '../dns/request.js';

/** Milliseconds until a server is found, and for one answer. */
const LIMIT = 10_000;

/** What is used of the npm package `mongodb`. */
export interface MongoDriver {
  MongoClient: new (uri: string, options: Readonly<Record<string, unknown>>) => {
    db(name: string): { collection(name: string): { updateOne(filter: unknown, update: unknown): Promise<{ matchedCount: number }> } };
    close(): Promise<void>;
  };
}

/** The driver is no part of certwright: whoever uses this plugin installs it beside. Throws PluginError that says how. */
export async function loadDriver(name = 'mongodb'): Promise<MongoDriver> {
  try {
    return (await import(name)) as MongoDriver;
  } catch (cause) {
    throw new PluginError('pritunl', 'The pritunl plugin needs the MongoDB driver for Node, which is not installed.', { hint: 'Install it where certwright is: npm install -g mongodb', cause });
  }
}

export interface PritunlDatabase {
  uri: string;
  database: string;
}

/** The MongoDB that Pritunl's configuration names. Throws PluginError. */
export function readPritunlDatabase(path: string): PritunlDatabase {
  const wrong = (why: string): PluginError => new PluginError('pritunl', `${path} ${why}.`, { hint: 'Name the configuration of Pritunl with --pritunl-conf-path; its mongodb_uri is like mongodb://localhost:27017/pritunl.' });
  let conf: unknown;
  try {
    conf = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw wrong(error instanceof SyntaxError ? 'is no JSON' : `cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
  }
  const uri = typeof conf === 'object' && conf !== null && 'mongodb_uri' in conf ? conf.mongodb_uri : undefined;
  if (typeof uri !== 'string') throw wrong('names no mongodb_uri');
  const database = /^mongodb(?:\+srv)?:\/\/[^/]+\/([^/?]+)(?:\?|$)/.exec(uri)?.[1];
  if (database === undefined) throw wrong('has a mongodb_uri without the name of a database');
  return { uri, database: decodeURIComponent(database) };
}

/** Sets certificate and key (PEM texts) in the document that Pritunl's web server begins with. Throws PluginError without the texts and the password. */
export async function setServerCertificate({ uri, database }: PritunlDatabase, { cert, key }: { cert: string; key: string }, { MongoClient }: MongoDriver): Promise<void> {
  const failed = (error: unknown): PluginError => {
    const secrets = [uri, /^\w+(?:\+srv)?:\/\/[^:/@]*:([^@]*)@/.exec(uri)?.[1] ?? '', cert, key].flatMap((secret) => (secret === '' ? [] : [secret, decoded(secret)]));
    return new PluginError('pritunl', `The MongoDB of Pritunl did not take the certificate: ${printable(redact(error instanceof Error ? error.message : String(error), secrets)).slice(0, 500)}`, { hint: 'Is it running, and may the user of mongodb_uri write there? Then run the same command again.' });
  };
  let client: InstanceType<MongoDriver['MongoClient']> | undefined;
  let matched: number;
  try {
    client = new MongoClient(uri, { ...(/serverSelectionTimeoutMS=/i.test(uri) ? {} : { serverSelectionTimeoutMS: LIMIT }), connectTimeoutMS: LIMIT, socketTimeoutMS: LIMIT, appName: 'certwright' });
    ({ matchedCount: matched } = await client.db(database).collection('settings').updateOne({ _id: 'app' }, { $set: { server_cert: cert, server_key: key } }));
  } catch (error) {
    throw failed(error);
  } finally {
    await client?.close().catch(() => undefined);
  }
  if (matched === 0) throw new PluginError('pritunl', `The database ${printableLine(database, 100)} has no settings of Pritunl, so nothing was changed.`, { hint: 'Start Pritunl once, or correct mongodb_uri in its configuration.' });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
