import { isIPv6 } from 'node:net';
import { lineAt } from '../server-configuration/lines.js';
import type { Block, Directive } from './syntax.js';
import { statements, type NginxFile, type NginxTree, type Placed } from './tree.js';

/** One `listen` of a server block. */
export interface Listen {
  /** `*` for every IPv4 address, `[::]` for every IPv6 one; an address as it is written, brackets included; `unix:…`. */
  address: string;
  /** 0 for a unix socket. */
  port: number;
  ipv6: boolean;
  ssl: boolean;
  quic: boolean;
  isDefault: boolean;
  /** Where it stands; null for the `listen 80` that is meant when there is none. */
  at: Placed<Directive> | null;
}

export type ServerName = { kind: 'exact' | 'leading' | 'trailing'; text: string } | { kind: 'regex'; text: string; pattern: RegExp | null };

/** A server block of the http context. */
export interface Server {
  file: NginxFile;
  block: Block;
  /** Position in the order in which nginx reads the configuration. */
  index: number;
  names: readonly ServerName[];
  listens: readonly Listen[];
  /** It answers TLS somewhere: by `ssl on`, a `listen … ssl`, or another block that makes the same address and port TLS. */
  tls: boolean;
  /** Its statements, included ones in place. */
  statements: readonly Placed<Directive | Block>[];
}

/** Every server block below `http`, in nginx's order. `hostname` stands for `$hostname`. */
export function serversOf(tree: NginxTree, hostname: string): readonly Server[] {
  const found: Omit<Server, 'tls'>[] = [];
  const top = statements(tree, tree.root);
  for (const { node: http, file } of top) {
    if (http.kind !== 'block' || http.name !== 'http') continue;
    for (const { node, file: own } of statements(tree, file, http.children)) {
      if (node.kind === 'block' && node.name === 'server') found.push(describe(tree, own, node, found.length, hostname));
    }
  }
  const secure = new Set(found.flatMap(({ listens }) => listens.filter(({ ssl }) => ssl).map(socket)));
  return found.map((server) => ({ ...server, listens: server.listens.map((listen) => ({ ...listen, ssl: listen.ssl || secure.has(socket(listen)) })) })).map((server) => ({ ...server, tls: server.listens.some(({ ssl }) => ssl) }));
}

/** What two `listen`s must share to be the same socket. */
export function socket({ address, port }: Listen): string {
  return `${address}:${port}`;
}

type Description = Pick<Server, 'statements' | 'names' | 'listens'>;

/** Blocks that include nothing, by the host name that was asked for: while a change is planned, those of other files are looked at once. */
const described = new WeakMap<Block, { hostname: string; description: Description }>();

function describe(tree: NginxTree, file: NginxFile, block: Block, index: number, hostname: string): Omit<Server, 'tls'> {
  const known = described.get(block);
  if (known?.hostname === hostname) return { file, block, index, ...known.description };
  const description = descriptionOf(tree, file, block, hostname);
  if (description.statements.length === block.children.filter(({ kind }) => kind !== 'comment').length && description.statements.every((own) => own.file === file)) described.set(block, { hostname, description });
  return { file, block, index, ...description };
}

function descriptionOf(tree: NginxTree, file: NginxFile, block: Block, hostname: string): Description {
  const own = statements(tree, file, block.children);
  const directives = own.filter((placed): placed is Placed<Directive> => placed.node.kind === 'directive');
  const sslOn = directives.some(({ node }) => node.name === 'ssl' && node.args[0]?.text === 'on');
  const listens = directives.filter(({ node }) => node.name === 'listen').map(listenOf);
  const meant: readonly Listen[] = listens.length > 0 ? listens : [{ address: '*', port: 80, ipv6: false, ssl: false, quic: false, isDefault: false, at: null }];
  return {
    statements: own,
    names: directives.filter(({ node }) => node.name === 'server_name').flatMap(({ node }) => node.args.map(({ text }) => serverName(text, hostname))),
    listens: sslOn ? meant.map((listen) => ({ ...listen, ssl: true })) : meant,
  };
}

function listenOf(at: Placed<Directive>): Listen {
  const [first, ...rest] = at.node.args.map(({ text }) => text);
  const has = (word: string): boolean => rest.includes(word);
  const more = { ssl: has('ssl'), quic: has('quic'), isDefault: has('default_server') || has('default'), at };
  const text = first ?? '';
  if (text.startsWith('unix:')) return { address: text, port: 0, ipv6: false, ...more };
  const bracketed = /^(\[[^\]]*\])(?::(\d+))?$/.exec(text);
  if (bracketed) return { address: isIPv6((bracketed[1] ?? '').slice(1, -1)) ? new URL(`http://${bracketed[1]}/`).hostname : (bracketed[1] ?? ''), port: Number(bracketed[2] ?? 80), ipv6: true, ...more };
  if (/^\d+$/.test(text)) return { address: '*', port: Number(text), ipv6: false, ...more };
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? [];
  return { address: host === '' || host === '0.0.0.0' ? '*' : host.toLowerCase(), port: Number(port ?? 80), ipv6: false, ...more };
}

function serverName(word: string, hostname: string): ServerName {
  if (word.startsWith('~')) return { kind: 'regex', text: word, pattern: pcre(word.slice(1)) };
  const text = (word === '$hostname' ? hostname : word).toLowerCase();
  if (text.startsWith('*.') || text.startsWith('.')) return { kind: 'leading', text };
  return text.endsWith('.*') ? { kind: 'trailing', text } : { kind: 'exact', text };
}

/** PCRE's spellings that JavaScript writes otherwise: named groups by `?P<` or `?'`, `\A`, `\z`, `\h`, and flags in front. Null when it is none. */
export function pcre(pattern: string): RegExp | null {
  const flags = /^\(\?([imsx]+)\)/.exec(pattern);
  if (flags?.[1]?.includes('x')) return null;
  const translated = pattern
    .slice(flags?.[0].length ?? 0)
    .replace(/\(\?P?<([A-Za-z_]\w*)>/g, '(?<$1>')
    .replace(/\(\?'([A-Za-z_]\w*)'/g, '(?<$1>')
    .replace(/\\A/g, '^')
    .replace(/\\[zZ]/g, '$')
    .replace(/\\h/g, '[ \\t]')
    .replace(/([*+?}])\+/g, '$1');
  try {
    // nginx compares names without regard to case.
    return new RegExp(translated, 'i');
  } catch {
    return null;
  }
}

/** The fit of a name that a block spells out. */
export const EXACT = 4000;

/** How well a server's names fit: the higher the better, null when none does (nginx's order: exact, longest `*.x`, longest `x.*`, first regex). */
export function fitOf(server: Server, name: string): number | null {
  let best: number | null = null;
  for (const own of server.names) {
    const fit = nameFit(own, name);
    if (fit !== null && (best === null || fit > best)) best = fit;
  }
  return best;
}

function nameFit(own: ServerName, name: string): number | null {
  const { kind, text } = own;
  switch (kind) {
    case 'exact':
      return text === name ? EXACT : null;
    case 'leading': {
      const rest = text.replace(/^\*/, '');
      // `.x` stands for `x` too, and then it is exact.
      if (text.startsWith('.') && text.slice(1) === name) return EXACT;
      return name.endsWith(rest) && name.length > rest.length ? 2000 + rest.length : null;
    }
    case 'trailing': {
      const rest = text.slice(0, -1);
      return name.startsWith(rest) && name.length > rest.length ? 1000 + rest.length : null;
    }
    case 'regex':
      return own.pattern?.test(name) ? 1 : null;
  }
}

/** `FILE:LINE` of a block. */
export function placeOf({ file, block }: Server): string {
  return `${file.path}:${lineAt(file, block.start)}`;
}
