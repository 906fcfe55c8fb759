import type { ProblemDocument } from '../core/errors.js';

/**
 * The likely cause why a name could not be proved and what to do, in two or three sentences; undefined when the CA's own
 * words say all. `type` is the challenge type, `name` what the person typed.
 */
export function challengeAdvice(problem: ProblemDocument, type: string, name: string): string | undefined {
  const kind = problem.type.split(':').pop() ?? '';
  const host = name.replace(/^\*\./, '');
  switch (kind) {
    case 'caa':
      return `A CAA record of ${host} (or of a domain above it) permits other certificate authorities only. Add one for this authority, or remove it.`;
    case 'rateLimited':
      return 'Too many failed attempts for this name. Wait as long as the certificate authority says, and try with --test-cert or the sandbox first.';
    case 'rejectedIdentifier':
      return `The certificate authority issues no certificate for ${host}. Check the spelling.`;
    case 'dns':
      return type.startsWith('dns-')
        ? `The DNS of ${host} did not answer as it should. Look whether its name servers are reachable and, with DNSSEC, whether the zone is signed correctly.`
        : `${host} has no usable A or AAAA record that the certificate authority can see. Check the spelling, and that the record is published.`;
    default:
  }
  if (type === 'http-01') return httpAdvice(kind, problem.detail, host);
  if (type === 'tls-alpn-01') return `The certificate authority must reach ${host} on port 443, and nothing may end TLS in front of this machine.`;
  if (type === 'dns-persist-01') return `The TXT record _validation-persist.${host} must name this certificate authority and this account, and must not have run out.`;
  if (type.startsWith('dns-')) return dnsAdvice(problem.detail, host);
  return undefined;
}

function httpAdvice(kind: string, detail: string, host: string): string {
  if (kind === 'tls') return `A redirect of http://${host}/ leads to an HTTPS address whose connection fails. Let /.well-known/acme-challenge/ be served without a redirect.`;
  if (kind === 'connection') {
    return /refused/i.test(detail)
      ? `Nothing answers on port 80 of ${host}. Check that its A and AAAA records lead to this machine and that port 80 is forwarded to it.`
      : `Port 80 of ${host} cannot be reached from outside. Check firewall and port forwarding, and that the A and AAAA records lead to this machine.`;
  }
  if (/\b404\b/.test(detail)) return `Another folder or another machine answers for ${host}. Check that its A and AAAA records lead here, and that the web folder is the one this name is served from.`;
  if (/\b403\b|\b401\b/.test(detail)) return `The web server of ${host} forbids the file. Permit /.well-known/acme-challenge/ without a login.`;
  if (/Invalid response/i.test(detail)) return `Something else answers for ${host}. Check that its A and AAAA records (both) lead to this machine, and that no proxy or parking page is in between.`;
  return `The certificate authority must get the right file from http://${host}/.well-known/acme-challenge/. Check that the A and AAAA records of the name lead to this machine.`;
}

function dnsAdvice(detail: string, host: string): string {
  if (/\bNXDOMAIN\b|No TXT record/i.test(detail)) return `The TXT record below _acme-challenge.${host} was not there yet. Check that it is in the zone that the world sees, and wait longer before the check (--dns-PLUGIN-propagation-seconds).`;
  if (/Incorrect TXT/i.test(detail)) return `The TXT record below _acme-challenge.${host} has another value. Remove old values, and wait until their TTL has passed.`;
  return `Look at the TXT record below _acme-challenge.${host} from outside: every name server of the zone must give the new value.`;
}
