import { elementsOf, readElement, type CertificateParts, type DerElement } from './der.js';

/** Where a certificate says that its revocation can be learnt; http and https only. */
export interface RevocationSources {
  /** Responder (RFC 6960 section 3.1). */
  ocsp?: string;
  /** Distribution points of the CRL (RFC 5280 section 4.2.1.13), in their order. */
  crls: readonly string[];
}

/** 1.3.6.1.5.5.7.1.1, and its access method 1.3.6.1.5.5.7.48.1. */
const AUTHORITY_INFO = '2b06010505070101';
const OCSP = '2b06010505073001';
/** 2.5.29.31. */
const CRL_POINTS = '551d1f';

/** Reads both out of the certificate's extensions; what is damaged counts as not there. */
export function revocationSources({ extensions }: CertificateParts): RevocationSources {
  const access = elementsOf(readElement(extensions.get(AUTHORITY_INFO) ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0)).map(({ content }) => elementsOf(content));
  const ocsp = uris(access.filter(([method]) => method?.content.toString('hex') === OCSP).flatMap(([, place]) => place ?? []))[0];
  const points = elementsOf(readElement(extensions.get(CRL_POINTS) ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0));
  return { ...(ocsp === undefined ? {} : { ocsp }), crls: points.flatMap(({ content }) => fullNames(elementsOf(content)[0])) };
}

/** The addresses of a DistributionPointName in its explicit tag [0]; relative names have none. */
export function fullNames(point: DerElement | undefined): readonly string[] {
  const name = point?.tag === 0xa0 ? readElement(point.content) : null;
  return name?.tag === 0xa0 ? uris(elementsOf(name.content)) : [];
}

/** Of general names those that are addresses (tag [6]). */
function uris(names: readonly DerElement[]): readonly string[] {
  return names.filter(({ tag }) => tag === 0x86).map(({ content }) => content.toString('latin1').trim()).filter((text) => /^https?:\/\//i.test(text) && URL.canParse(text));
}
