import { fitOf, matches, type Vhost } from './vhosts.js';

/** What becomes of one name: the host that gets its certificate, or a person's choice. */
export type VhostChoice =
  /** `added`: the name stands in none, and is added to this one. */
  | { kind: 'vhost'; vhost: Vhost; added: boolean }
  /** A wildcard name, or no host of the name: which of these? `recommended` are those that a wildcard covers. */
  | { kind: 'ask'; candidates: readonly Vhost[]; recommended: readonly Vhost[]; reason: string };

/**
 * Which host a name's certificate goes into, by certbot's points: hosts that answer TLS before plain ones, exact names before
 * patterns before addresses, the first one of equals. A name in none goes to the only host there is.
 */
export function chooseVhost(vhosts: readonly Vhost[], name: string): VhostChoice {
  const usable = vhosts.filter(({ macro }) => !macro);
  if (name.startsWith('*.')) {
    const covered = usable.filter(({ names }) => names.some((own) => coveredBy(own, name)));
    return { kind: 'ask', candidates: usable, recommended: preferTls(covered), reason: `${name} stands for many names: choose the virtual hosts that get its certificate.` };
  }
  const best = usable
    .map((vhost) => ({ vhost, points: fitOf(vhost, name) + (fitOf(vhost, name) > 0 && vhost.tls ? 3 : 0) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.vhost.index - b.vhost.index)[0];
  if (best) return { kind: 'vhost', vhost: best.vhost, added: !best.vhost.names.some((own) => matches(own, name)) };
  const reasonable = usable.filter(({ addresses }) => !addresses.every(({ host }) => host === '_default_'));
  const [only, another] = reasonable;
  if (only && !another) return { kind: 'vhost', vhost: only, added: true };
  const macros = vhosts.some(({ macro }) => macro) ? ' Virtual hosts of mod_macro are not supported.' : '';
  return { kind: 'ask', candidates: usable, recommended: [], reason: `Certbot could not find a VirtualHost for ${name} in the Apache configuration. Please create a VirtualHost with a ServerName matching ${name} and try again.${macros}` };
}

/** Is a name of a host one that the wildcard's certificate is valid for? It stands for one label. */
export function coveredBy(own: string, wildcard: string): boolean {
  return own.split('.').length === wildcard.split('.').length && (own === wildcard || own.endsWith(wildcard.slice(1)));
}

/** Of hosts that share a name those that answer TLS. */
function preferTls(vhosts: readonly Vhost[]): readonly Vhost[] {
  return vhosts.filter((vhost) => vhost.tls || !vhosts.some((other) => other.tls && other.names.some((name) => vhost.names.includes(name))));
}
