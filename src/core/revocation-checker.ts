import { X509Certificate } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { derOf, splitChain } from '../crypto/certificate.js';
import { readCrl, type Crl } from '../crypto/crl.js';
import { certificateParts, namesAsIssuer, type CertificateParts } from '../crypto/der.js';
import { ocspRequest, readOcspResponse } from '../crypto/ocsp.js';
import { cacheCrl, readCachedCrl } from '../store/crl-cache.js';
import type { Lineage } from '../store/lineage.js';
import { downloader } from '../system/download.js';
import { NetworkError } from './errors.js';
import type { Revocation } from './revocation.js';
import type { World } from './world.js';

/** Milliseconds for all questions about one certificate, as certbot's. */
const PATIENCE = 10_000;
/** Bytes. The CRLs of large CAs have some megabytes, OCSP answers some kilobytes. */
const LARGEST_CRL = 16 * 1024 * 1024;
const LARGEST_RESPONSE = 64 * 1024;
/** A CRL that was fetched this long ago is fetched again although it is still in force: revocations come earlier than nextUpdate. Milliseconds. */
const CRL_AGE = 12 * 3_600_000;

interface Issuer {
  certificate: X509Certificate;
  parts: CertificateParts | null;
}

/** What is tried in turn until something is known: null = that the certificate is good. */
type Source = () => Promise<Revocation | null>;

/**
 * The question "is it revoked?" for one run: each CRL is fetched once, and a server that did not answer is not asked
 * again. Null = not revoked as far as is known. `patienceMs` instead of the usual: a person waits, and is told what was not
 * learnt. Loaded lazily by revocation.ts.
 */
export function revocationChecker(world: World, patienceMs?: number): (lineage: Lineage) => Promise<Revocation | null> {
  const { dirs, clock, signal: cancelled } = world;
  const download = downloader();
  const issuers = new Map<string, readonly Issuer[]>();
  /** By the key identifier that their certificates name. */
  const byKeyId = new Map<string, X509Certificate>();
  const lists = new Map<string, Promise<Crl>>();
  const silent = new Map<string, unknown>();
  /** Errors that mean: nothing was received. */
  const unreachable = new WeakSet<Error>();
  const told = new WeakSet<object>();
  // Every request in flight listens to it.
  setMaxListeners(0, cancelled);
  const headers = { 'user-agent': `certwright/${CERTWRIGHT_VERSION}` };

  /** Throws what it threw before for a server that gave no answer in this run. */
  const fetchFrom = async (url: string, deadline: number, limit: number, body?: Buffer): Promise<Buffer> => {
    const { host } = new URL(url);
    if (silent.has(host)) throw silent.get(host);
    try {
      const timeoutMs = Math.max(1, deadline - performance.now());
      return await download({ url, limit, timeoutMs, signal: cancelled, headers: body ? { ...headers, 'content-type': 'application/ocsp-request' } : headers, ...(body ? { body } : {}) });
    } catch (error) {
      if (error instanceof NetworkError) unreachable.add(error);
      if (error instanceof NetworkError && error.cause !== undefined) silent.set(host, error);
      throw error;
    }
  };

  const byOcsp = async (url: string, certificate: X509Certificate, issuer: X509Certificate, deadline: number): Promise<Revocation | null> => {
    const answer = await fetchFrom(url, deadline, LARGEST_RESPONSE, ocspRequest(certificate, issuer));
    const { status, revokedAt } = readOcspResponse(answer, certificate, issuer, clock.now());
    if (status === 'unknown') throw new NetworkError('The OCSP responder does not know this certificate.');
    return status === 'revoked' ? { by: 'OCSP', ...(revokedAt === undefined ? {} : { at: revokedAt }) } : null;
  };

  const crl = async (url: string, issuer: X509Certificate, deadline: number): Promise<Crl> => {
    const trusted = { issuer, url, now: clock.now() };
    const kept = readCachedCrl(dirs, url);
    const usable = kept ? attempt(() => readCrl(kept.bytes, trusted)) : null;
    if (kept && usable && usable.nextUpdate !== null && clock.now() - kept.fetched < CRL_AGE) return usable;
    try {
      const bytes = await fetchFrom(url, deadline, LARGEST_CRL);
      const fresh = readCrl(bytes, trusted);
      try {
        cacheCrl(dirs, url, bytes);
      } catch (error) {
        world.log('debug', `The CRL of ${url} could not be kept: ${messageOf(error)}`);
      }
      return fresh;
    } catch (error) {
      if (usable) return usable;
      throw error;
    }
  };

  const byCrl = async (url: string, serial: Buffer, issuer: X509Certificate, deadline: number): Promise<Revocation | null> => {
    const key = `${url} ${issuer.fingerprint256}`;
    const reading = lists.get(key) ?? crl(url, issuer, deadline);
    lists.set(key, reading);
    const entry = (await reading).find(serial);
    return entry ? { by: 'CRL', ...(entry.revokedAt === undefined ? {} : { at: entry.revokedAt }) } : null;
  };

  const issuerOf = (certificate: CertificateParts, lineage: Lineage): X509Certificate => {
    const text = readFileSync(lineage.files.chain, 'utf8');
    const chain = issuers.get(text) ?? splitChain(text).map((pem) => ({ certificate: new X509Certificate(pem), parts: certificateParts(derOf(pem)) }));
    issuers.set(text, chain);
    const issuer = chain.find(({ parts }) => parts && namesAsIssuer(certificate, parts));
    if (!issuer) throw new NetworkError(`${lineage.live.chain} does not hold its issuer.`);
    return issuer.certificate;
  };

  /** What is asked about one certificate. A CRL is asked by serial and issuer, both of which its `certId` names: of those of an issuer that was met no file is read. */
  const sourcesOf = (lineage: Lineage, deadline: number): readonly Source[] => {
    const { ocsp, crls } = lineage.revocation;
    const [keyId = '', serial = ''] = lineage.certId?.split('.') ?? [];
    const met = ocsp === undefined ? byKeyId.get(keyId) : undefined;
    if (met) return crls.map((url) => () => byCrl(url, Buffer.from(serial, 'base64url'), met, deadline));
    const der = derOf(readFileSync(lineage.files.cert));
    const parts = certificateParts(der);
    if (!parts) throw new NetworkError(`${lineage.live.cert} cannot be read.`);
    const issuer = issuerOf(parts, lineage);
    if (keyId !== '') byKeyId.set(keyId, issuer);
    return [...(ocsp === undefined ? [] : [() => byOcsp(ocsp, new X509Certificate(der), issuer, deadline)]), ...crls.map((url) => () => byCrl(url, parts.serial, issuer, deadline))];
  };

  return async (lineage) => {
    const deadline = performance.now() + (patienceMs ?? PATIENCE);
    try {
      return await firstKnown(sourcesOf(lineage, deadline), (error) => tell(lineage, error));
    } catch (error) {
      tell(lineage, error);
      return null;
    }
  };

  /** certbot's levels: a server that is not there is no news, one that sends something wrong is. Said once of what concerns many. */
  function tell({ name }: Lineage, error: unknown): void {
    if (cancelled.aborted || !(error instanceof Error)) return;
    const level = unreachable.has(error) ? (patienceMs === undefined ? 'debug' : 'info') : told.has(error) ? 'debug' : 'warning';
    world.log(level, `Whether the certificate ${name} is revoked is not known: ${error.message}${patienceMs === undefined ? '' : ' It counts as not revoked.'}`);
    told.add(error);
  }
}

async function firstKnown(sources: readonly Source[], tell: (error: unknown) => void): Promise<Revocation | null> {
  for (const source of sources) {
    try {
      return await source();
    } catch (error) {
      tell(error);
    }
  }
  return null;
}

function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
