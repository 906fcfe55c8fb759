import { KEY_USAGE, OID, authorityKeyId, basicConstraints, extension, keyIdentifier, keyUsage, makeCertificate, nameDer, subjectAltName, subjectKeyId } from './certificate-der.js';
import type { Csr } from './csr.js';
import { keyDigest } from './csr.js';
import { integer, oid, pem, sequence, wrap } from './der.js';
import type { Authority } from './exchange.js';
import { newSerial } from './hierarchy.js';
import type { Hierarchy, HierarchyCertificate } from './hierarchy.js';
import type { CertificateProfile } from './profiles.js';
import type { Certificate, Order } from './state.js';

const HOUR = 3_600_000;
const MAX_COMMON_NAME = 64;

/** The chains above a leaf, the default one first. The topmost issuer of each is a root that clients may prefer. */
export const CHAINS: readonly (readonly HierarchyCertificate[])[] = [['intermediateByX1'], ['intermediateByX2'], ['intermediateByX2', 'rootX2ByX1']];

/** URLs that a leaf carries; all on the plain server. */
export const PLAIN_PATHS = { crl: '/crl/e1.crl', ocsp: '/ocsp', issuer: '/certs/e1.der' } as const;

function uri(text: string): Buffer {
  return wrap(0x86, Buffer.from(text));
}

function leafExtensions(authority: Authority, csr: Csr, order: Order, profile: CertificateProfile, critical: boolean): Buffer[] {
  const { plainOrigin, policy, hierarchy } = authority;
  const rsa = csr.key.asymmetricKeyType === 'rsa';
  const access = [
    ...(policy.ocsp ? [sequence(oid(OID.ocsp), uri(plainOrigin + PLAIN_PATHS.ocsp))] : []),
    sequence(oid(OID.caIssuers), uri(plainOrigin + PLAIN_PATHS.issuer)),
  ];
  const usages = [oid(OID.serverAuth), ...(profile.clientAuth ? [oid(OID.clientAuth)] : [])];
  return [
    keyUsage(KEY_USAGE.digitalSignature, ...(rsa ? [KEY_USAGE.keyEncipherment] : [])),
    extension(OID.extendedKeyUsage, false, sequence(...usages)),
    basicConstraints(false),
    ...(profile.subjectKeyId ? [subjectKeyId(keyIdentifier(csr.spki))] : []),
    authorityKeyId(hierarchy.intermediate.keyId),
    extension(OID.authorityInfo, false, sequence(...access)),
    subjectAltName(order.identifiers, critical),
    extension(OID.policies, false, sequence(sequence(oid(OID.domainValidated)))),
    extension(OID.crlPoints, false, sequence(sequence(wrap(0xa0, wrap(0xa0, uri(plainOrigin + PLAIN_PATHS.crl)))))),
    ...(csr.mustStaple ? [extension(OID.tlsFeature, false, sequence(integer(5)))] : []),
  ];
}

/** Issues the certificate of an order. Its lifetime is the profile's unless the order asked for other dates. */
export function issueCertificate(authority: Authority, order: Order, csr: Csr): Certificate {
  const now = authority.now();
  const profile = authority.policy.profiles[order.profile];
  if (profile === undefined) throw new Error(`unknown profile ${order.profile}`);
  const serial = newSerial();
  const notBefore = Math.floor((order.notBefore ?? now - HOUR) / 1000) * 1000;
  // The last second belongs to the validity (RFC 5280), hence one less.
  const notAfter = order.notAfter ?? notBefore + profile.validityHours * HOUR - 1000;
  const wanted = csr.commonName ?? order.identifiers.find((each) => each.type === 'dns' && each.value.length <= MAX_COMMON_NAME)?.value;
  const commonName = profile.commonName ? wanted : undefined;
  const { intermediate } = authority.hierarchy;
  const der = makeCertificate(
    { serial, issuer: intermediate.name, subject: nameDer(commonName), notBefore, notAfter, spki: csr.spki, extensions: leafExtensions(authority, csr, order, profile, commonName === undefined) },
    intermediate.key,
  );
  return { id: serial.toString('hex'), accountId: order.accountId, der: der.toString('base64'), keyDigest: keyDigest(csr.spki), identifiers: order.identifiers, notBefore, notAfter };
}

/** The leaf with one of its chains as PEM (RFC 8555 section 7.4.2). `chain` counts from 0. */
export function chainPem(certificate: Certificate, hierarchy: Hierarchy, chain: number): string {
  const above = (CHAINS[chain] ?? []).map((name) => pem('CERTIFICATE', hierarchy.certificates[name]));
  return pem('CERTIFICATE', Buffer.from(certificate.der, 'base64')) + above.join('');
}

/** RFC 9773 section 4.1: key identifier of the issuer and the serial's DER content, both base64url. */
export function renewalId(certificate: Certificate, hierarchy: Hierarchy): string {
  const serial = Buffer.from(certificate.id, 'hex');
  const content = (serial[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), serial]) : serial;
  return `${hierarchy.intermediate.keyId.toString('base64url')}.${content.toString('base64url')}`;
}

