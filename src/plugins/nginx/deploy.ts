import { atEnd, atStart, innerIndent, newlineOf, removed, spliced, type Edit, type EditList } from '../server-configuration/edits.js';
import { pathText } from '../server-configuration/path-text.js';
import { type Listen, type Server } from './servers.js';
import { quoted, type Directive } from './syntax.js';
import type { NginxFile, NginxTree, Placed } from './tree.js';

/** certbot's mark on every line that it adds: by it both programs recognise their own lines. */
export const MARK = ' # managed by Certbot';
const MARK_COMMENT = /^# managed by Certbot$/;

/** What a block is given; its paths as they stand in a configuration. */
export interface DeployWish {
  /** One, or two of different key types (nginx 1.11.0 serves what a client can use). */
  certificates: readonly { fullchain: string; privkey: string }[];
  httpPort: number;
  httpsPort: number;
  /** `options-ssl-nginx.conf`, by its own path, and what it says, name by name with its whole text. */
  options: { path: string; directives: ReadonlyMap<string, string> };
  /** Null = none is written. */
  dhparams: string | null;
}

/** `listen` parameters that may be said only once for a socket (1.3 of nginx's listen directive). */
const ONCE_ONLY = /^(?:default_server|default|ipv6only=|reuseport|backlog=|deferred|so_keepalive=|bind|rcvbuf=|sndbuf=|setfib=|fastopen=|accept_filter=)/;

/** Gives one block the certificate: what is there is replaced in place, what is missing is added at its end. Nothing changes when it has it. */
export function deployTo(tree: NginxTree, server: Server, wish: DeployWish, edits: EditList): void {
  const all = (name: string): readonly Placed<Directive>[] => server.statements.filter((placed): placed is Placed<Directive> => placed.node.kind === 'directive' && placed.node.name === name);
  const values = new Map([['ssl_certificate', wish.certificates.map(({ fullchain }) => fullchain)], ['ssl_certificate_key', wish.certificates.map(({ privkey }) => privkey)]]);
  const lines: string[] = [];
  if (!server.tls) lines.push(...tlsListens(server, wish, edits));
  const [reject] = all('ssl_reject_handshake');
  if (reject) edits.add(reject.file, removed(reject.file, reject.node, MARK_COMMENT));
  const shared = new Set<NginxFile>();
  for (const [name, paths] of values) {
    const present = all(name);
    const own = present.filter((placed) => isOwn(tree, placed, server));
    const takenIn = own.length === 0 ? present.filter(({ file }) => inclusionOf(tree, server, file)) : [];
    if (takenIn[0]) shared.add(takenIn[0].file);
    // nginx pairs certificates and keys by their order.
    for (const [index, path] of paths.entries()) {
      const placed = own[index];
      if (placed) replaceValue(placed, path, edits);
      else if (index >= takenIn.length) lines.push(`${name} ${quoted(path)};${MARK}`);
    }
  }
  for (const file of shared) takeIn(tree, server, file, values, edits);
  if (!server.tls || reject) lines.push(...hardening(server, wish));
  if (lines.length > 0) edits.add(server.file, atEnd(server.file, server.block, lines));
}

/** Does this line belong to this block alone? A file that other blocks include too must not be changed for one of them. */
function isOwn(tree: NginxTree, { file }: Placed, server: Server): boolean {
  if (file === server.file) return true;
  return [...tree.included.values()].flat().filter((included) => included === file).length === 1;
}

/** The directive of the block itself that brings this file in. */
function inclusionOf(tree: NginxTree, server: Server, file: NginxFile): Directive | undefined {
  return server.block.children.find((child): child is Directive => child.kind === 'directive' && (tree.included.get(child) ?? []).includes(file));
}

/**
 * The certificate comes from a file that other blocks include too: its lines are taken into this block instead, for nginx would load a
 * second certificate beside it, not in its place.
 */
function takeIn(tree: NginxTree, server: Server, file: NginxFile, values: ReadonlyMap<string, readonly string[]>, edits: EditList): void {
  const inclusion = inclusionOf(tree, server, file);
  if (!inclusion) return;
  const newline = newlineOf(server.file);
  const indent = innerIndent(server.file, server.block);
  const text = (tree.included.get(inclusion) ?? []).map((included) => spliced(included.text, replacements(included, values))).join('\n');
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  edits.add(server.file, { from: inclusion.start, to: inclusion.end, text: lines.join(`${newline}${indent}`) });
}

function replacements({ nodes }: NginxFile, values: ReadonlyMap<string, readonly string[]>): readonly Edit[] {
  const met = new Map<string, number>();
  return nodes.flatMap((node) => {
    if (node.kind !== 'directive') return [];
    const { name, start, end } = node;
    const index = met.get(name) ?? 0;
    const path = values.get(name)?.[index] ?? values.get(name)?.at(-1);
    met.set(name, index + 1);
    return path === undefined ? [] : [{ from: start, to: end, text: `${name} ${quoted(path)};${MARK}\n` }];
  });
}

function replaceValue({ file, node }: Placed<Directive>, path: string, edits: EditList): void {
  const [value] = node.args;
  if (!value || value.text === path) return;
  edits.add(file, { from: value.start, to: value.end, text: quoted(path) });
  const line = file.text.indexOf('\n', node.end);
  const rest = file.text.slice(node.end, line < 0 ? file.text.length : line).trim();
  // Only at the end of its line: a comment swallows what follows.
  if (rest === '') edits.add(file, { from: node.end, to: node.end, text: MARK });
}

/** `listen ADDRESS:443 ssl` for each address on which the block answers http; the `listen 80` that was only meant is said. */
function tlsListens(server: Server, { httpPort, httpsPort }: DeployWish, edits: EditList): readonly string[] {
  const plain = server.listens.filter(({ ssl, quic, address }) => !ssl && !quic && !address.startsWith('unix:'));
  const onPort = plain.filter(({ port }) => port === httpPort);
  const from: readonly Pick<Listen, 'address' | 'ipv6'>[] = onPort.length > 0 ? onPort : [
    ...(plain.some(({ ipv6 }) => ipv6) ? [{ address: '[::]', ipv6: true }] : []),
    ...(plain.some(({ ipv6 }) => !ipv6) || plain.length === 0 ? [{ address: '*', ipv6: false }] : []),
  ];
  if (server.listens.every(({ at }) => at === null)) edits.add(server.file, atStart(server.file, server.block, [`listen 80;${MARK}`]));
  const addresses = [...new Set(from.map(({ address }) => address))];
  return addresses.map((address) => `listen ${address === '*' ? httpsPort : `${address}:${httpsPort}`} ssl;${MARK}`);
}

/** certbot's TLS options: the file as a whole, or, where the block has settings of its own, the rest of it line by line. */
function hardening(server: Server, { options, dhparams }: DeployWish): readonly string[] {
  const own = new Set(server.statements.map(({ node }) => node.name));
  const included = server.statements.some(({ file }) => file.path === options.path);
  const clash = [...options.directives.keys()].some((name) => own.has(name));
  const lines: string[] = [];
  if (!included && !clash) lines.push(`include ${quoted(pathText(options.path))};${MARK}`);
  else if (!included) for (const [name, text] of options.directives) if (!own.has(name)) lines.push(`${text}${MARK}`);
  if (dhparams !== null && !own.has('ssl_dhparam')) lines.push(`ssl_dhparam ${quoted(dhparams)};${MARK}`);
  return lines;
}

/** The text of a new block for names that stand in none: the default block with these names, without what only one block may say. */
export function copyOf(server: Server, names: readonly string[]): string {
  const { file, block } = server;
  const cuts: { from: number; to: number; text: string }[] = [];
  let named = false;
  for (const child of block.children) {
    if (child.kind !== 'directive') continue;
    if (child.name === 'server_name') {
      cuts.push({ from: child.start, to: child.end, text: named ? '' : `server_name ${names.map(quoted).join(' ')};${MARK}` });
      named = true;
    }
    if (child.name !== 'listen') continue;
    for (const argument of child.args) if (ONCE_ONLY.test(argument.text)) cuts.push({ from: argument.start, to: argument.end, text: '' });
  }
  let text = file.text.slice(block.start, block.end);
  for (const { from, to, text: instead } of cuts.sort((a, b) => b.from - a.from)) text = text.slice(0, from - block.start) + instead + text.slice(to - block.start);
  text = text.replace(/^(\s*listen\s+[^;]*?)\s+;/gm, '$1;');
  if (named) return text;
  const open = text.indexOf('{') + 1;
  return `${text.slice(0, open)}\n    server_name ${names.map(quoted).join(' ')};${MARK}${text.slice(open)}`;
}

