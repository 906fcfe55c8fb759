import type { Call, Reply } from './exchange.js';
import { link, urlOf } from './exchange.js';
import { CHAINS, chainPem } from './issuing.js';
import { Problem } from './problem.js';

/** POST-as-GET of a certificate with one of its chains; the others are named as alternates (RFC 8555 section 7.4.2). */
export function readCertificate(call: Call): Reply {
  const [id = '', number] = call.ids;
  const found = call.authority.state.certificates.get(id);
  const chain = number === undefined ? 0 : Number(number);
  if (found === undefined || chain >= CHAINS.length) throw new Problem('malformed', 'No such certificate', { status: 404 });
  if (found.accountId !== call.account?.id) throw new Problem('unauthorized', 'The certificate belongs to another account');
  const path = (index: number): string => urlOf(call, index === 0 ? `/acme/cert/${id}` : `/acme/cert/${id}/${index}`);
  return {
    status: 200,
    headers: { 'Content-Type': 'application/pem-certificate-chain' },
    links: CHAINS.flatMap((_, index) => (index === chain ? [] : [link(path(index), 'alternate')])),
    body: chainPem(found, call.authority.hierarchy, chain),
  };
}
