import { atStart, removed, type EditList } from '../server-configuration/edits.js';
import { MARK } from './deploy.js';
import { conditionFor, conditionText } from './redirect.js';
import type { Server } from './servers.js';
import type { Block, Directive, Node } from './syntax.js';
import type { NginxFile } from './tree.js';

/** The comment by which lines of certbot's and ours are known. */
export const MARK_COMMENT = /^# managed by Certbot$/;

/** A block that loses its certificate, and what becomes of it. */
interface Leaving {
  server: Server;
  /** The block for http that was made out of it. */
  half: Server | null;
}

/**
 * Takes out what certbot or we added to these blocks for their certificate: they answer http alone again, without its redirect, and a block
 * that was made for it goes. Returns those that cannot do without: they had TLS before, or were edited since.
 */
export function detach(servers: readonly Server[], leaving: readonly Server[], edits: EditList): readonly Server[] {
  const left: Server[] = [];
  const done: Leaving[] = [];
  for (const server of leaving) {
    const half = servers.find((other) => !other.tls && other.file === server.file && namesText(other) === namesText(server) && isHalf(other)) ?? null;
    if (isOurs(server) && (half !== null || !needsHalf(server))) done.push({ server, half });
    else left.push(server);
  }
  const names = done.flatMap(({ server }) => server.names.map(({ text }) => text));
  for (const { server, half } of done) {
    if (half) edits.add(half.file, withSpaceBefore(half.file, half.block));
    if (markedIn(server).some((node) => node.kind !== 'comment' && node.name === 'server_name')) edits.add(server.file, withSpaceBefore(server.file, server.block));
    else {
      for (const node of markedIn(server)) edits.add(server.file, removed(server.file, node, MARK_COMMENT));
      const listens = half?.block.children.filter((child): child is Directive => child.kind === 'directive' && child.name === 'listen') ?? [];
      if (half && listens.length > 0) edits.add(server.file, atStart(server.file, server.block, listens.map(({ start, end }) => half.file.text.slice(start, end))));
    }
  }
  const halves = done.map(({ half }) => half);
  for (const server of servers.filter((other) => !other.tls && !halves.includes(other))) {
    for (const node of markedIn(server)) if (node.kind === 'block' && node.name === 'if' && names.some((name) => conditionText(node) === conditionFor(name))) edits.add(server.file, removed(server.file, node, MARK_COMMENT));
  }
  return left;
}

/** Did it come to TLS by us? Its addresses and its certificate are lines of ours. */
function isOurs(server: Server): boolean {
  const marked = new Set<Node>(markedIn(server));
  const secure = server.listens.filter(({ ssl, quic }) => ssl || quic);
  const certificates = server.statements.filter(({ node }) => node.kind === 'directive' && /^ssl_certificate(?:_key)?$/.test(node.name));
  return secure.length > 0 && secure.every(({ at }) => at !== null && marked.has(at.node)) && certificates.every(({ node }) => marked.has(node));
}

/** With nothing but TLS its site would be on no address. */
export function needsHalf({ listens }: Server): boolean {
  return listens.every(({ ssl, quic }) => ssl || quic) && listens.some(({ at }) => at !== null);
}

/** A block that the redirect, or HSTS, made of another one, and that nobody has changed since. */
export function isHalf({ file, block }: Server): boolean {
  if (MARK_COMMENT.test(file.text.slice(block.open + 1, file.text.indexOf('\n', block.open)).trim())) return true;
  const own = block.children.filter(({ kind }) => kind !== 'comment');
  const ends = own.some((child) => child.kind === 'directive' && child.name === 'return' && child.args[0]?.text === '404' && isMarked(file, child));
  return ends && own.every((child) => child.kind !== 'comment' && (['listen', 'server_name'].includes(child.name) || isMarked(file, child)));
}

/** What stands in the block itself with the comment of certbot and us. */
export function markedIn({ file, block }: Server): readonly Node[] {
  return block.children.filter((child) => child.kind !== 'comment' && isMarked(file, child));
}

/** Does a node's last line end in the comment of certbot and us? */
export function isMarked({ text }: NginxFile, { end }: Node): boolean {
  const line = text.indexOf('\n', end);
  return text.slice(end, line < 0 ? text.length : line).trim() === MARK.trim();
}

/** By what two blocks for the same names are known as such. */
export function namesText({ names }: Server): string {
  return names.map(({ text }) => text).sort().join(' ');
}

/** A whole block with the empty lines before it. */
export function withSpaceBefore({ text }: NginxFile, { start, end }: Block): { from: number; to: number; text: string } {
  return { from: text.slice(0, start).trimEnd().length, to: end, text: '' };
}
