import { fitOf, type Server } from './servers.js';

/** What becomes of one name: the block that gets its certificate, a copy of a default block, or a person's choice. */
export type BlockChoice =
  | { kind: 'block'; server: Server }
  /** The name is in no block: this default block is copied under the name. */
  | { kind: 'copy'; server: Server }
  /** A wildcard name, or no single default: which of these? `recommended` are those that a wildcard covers. */
  | { kind: 'ask'; candidates: readonly Server[]; recommended: readonly Server[]; reason: string };

/**
 * Which block a name's certificate goes into, by certbot's order: blocks that answer TLS before plain ones, then by nginx's own
 * order of names, then by place. Blocks that are there to refuse (`ssl_reject_handshake`) only count for names they spell out.
 */
export function chooseBlock(servers: readonly Server[], name: string, httpsPort: number): BlockChoice {
  if (name.startsWith('*.')) {
    const covered = servers.filter((server) => server.names.some((own) => own.kind !== 'regex' && coveredBy(own.text, name)));
    return { kind: 'ask', candidates: servers, recommended: preferTls(covered), reason: `${name} stands for many names: choose the blocks that get its certificate.` };
  }
  const fitting = servers.flatMap((server) => {
    const fit = fitOf(server, name);
    return fit === null ? [] : [{ server, fit }];
  });
  const ranked = fitting.sort((a, b) => Number(b.server.tls) - Number(a.server.tls) || b.fit - a.fit || a.server.index - b.server.index);
  const best = ranked[0]?.server;
  if (best) return { kind: 'block', server: best };
  const fallback = defaultBlock(servers, httpsPort);
  if (fallback) return { kind: 'copy', server: fallback };
  return { kind: 'ask', candidates: servers, recommended: [], reason: `No server block has the name ${name}. Set server_name ${name} in the block that shall serve it, or choose the block to copy.` };
}

/** Exactly one block with `default_server` on the wanted port, or exactly one anywhere; null otherwise. */
function defaultBlock(servers: readonly Server[], port: number): Server | null {
  const onPort = servers.filter(({ listens }) => listens.some((listen) => listen.isDefault && listen.port === port));
  const anywhere = servers.filter(({ listens }) => listens.some(({ isDefault }) => isDefault));
  return onPort.length === 1 ? (onPort[0] ?? null) : anywhere.length === 1 ? (anywhere[0] ?? null) : null;
}

/** Is a name of a block one that the wildcard's certificate is valid for? */
export function coveredBy(blockName: string, wildcard: string): boolean {
  const base = wildcard.slice(2);
  const own = blockName.replace(/^\*?\./, '');
  if (blockName.startsWith('*.') || blockName.startsWith('.')) return own === base;
  return own.endsWith(`.${base}`) && !own.slice(0, -base.length - 1).includes('.');
}

/** Of blocks with the same names the ones that answer TLS. */
function preferTls(servers: readonly Server[]): readonly Server[] {
  const key = (server: Server): string => server.names.map(({ text }) => text).sort().join(' ');
  return servers.filter((server) => server.tls || !servers.some((other) => other.tls && key(other) === key(server)));
}
