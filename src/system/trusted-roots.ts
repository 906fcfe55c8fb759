import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { NetworkError } from '../core/errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Roots that CA servers are checked against, as PEM texts; undefined = Node's own. REQUESTS_CA_BUNDLE (a file or a folder)
 * replaces Node's own, as it does for certbot; SSL_CERT_FILE and NODE_EXTRA_CA_CERTS are added to what there is.
 * Throws NetworkError for a file that is named there but cannot be read.
 */
export function trustedRoots(env: Environment): string[] | undefined {
  const bundle = env['REQUESTS_CA_BUNDLE'];
  const added = ['SSL_CERT_FILE', 'NODE_EXTRA_CA_CERTS'].flatMap((name) => readRoots(name, env[name]));
  if (bundle) return [...readRoots('REQUESTS_CA_BUNDLE', bundle), ...added];
  return added.length > 0 ? [...rootCertificates, ...added] : undefined;
}

function readRoots(variable: string, path: string | undefined): string[] {
  if (path === undefined || path === '') return [];
  try {
    const files = statSync(path).isDirectory() ? readdirSync(path).map((name) => join(path, name)).filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile()) : [path];
    return files.map((file) => readFileSync(file, 'utf8')).filter((text) => text.includes('-----BEGIN CERTIFICATE-----'));
  } catch (cause) {
    throw new NetworkError(`The trusted certificates in ${path} cannot be read.`, { hint: `The environment variable ${variable} names this file: correct it or unset it.`, cause });
  }
}
