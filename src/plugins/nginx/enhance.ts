import { atEnd, indentOf, innerIndent, newlineOf, removed, type EditList } from '../server-configuration/edits.js';
import { MARK } from './deploy.js';
import type { Server } from './servers.js';
import { quoted, type Directive } from './syntax.js';
import type { Placed } from './tree.js';

/** What an enhancement of one block comes to: lines are added, they were there, or other ones stand in the way. */
export type Enhanced = 'added' | 'already' | { conflict: string };

const HSTS = 'Strict-Transport-Security';

/** Strict-Transport-Security for a block that answers TLS; its plain half, if it has one, becomes a block of its own first (RFC 6797 section 7.2). */
export function addHsts(server: Server, edits: EditList, httpPort: number): Enhanced {
  if (directives(server, 'add_header').some(({ node }) => node.args[0]?.text.toLowerCase() === HSTS.toLowerCase())) return 'already';
  const plain = server.listens.filter(({ ssl, quic, port, address }) => !ssl && !quic && (port === httpPort || address.startsWith('unix:'))).map(({ at }) => at);
  if (plain.length > 0 && plain.every((at): at is Placed<Directive> => at !== null && at.file === server.file)) splitPlain(server, plain, edits);
  edits.add(server.file, atEnd(server.file, server.block, [`add_header ${HSTS} "max-age=31536000" always;${MARK}`]));
  return 'added';
}

/** OCSP stapling with the chain of the certificate; settings of the person's own that say otherwise are not changed. */
export function addStapling(server: Server, chain: string, edits: EditList): Enhanced {
  const wanted = [['ssl_trusted_certificate', chain], ['ssl_stapling', 'on'], ['ssl_stapling_verify', 'on']] as const;
  const missing = wanted.filter(([name, value]) => directives(server, name)[0]?.node.args[0]?.text !== value);
  for (const [name, value] of missing) {
    const present = directives(server, name)[0];
    if (present) return { conflict: `${name} is ${present.node.args[0]?.text ?? ''}, not ${value}` };
  }
  if (missing.length === 0) return 'already';
  edits.add(server.file, atEnd(server.file, server.block, missing.map(([name, value]) => `${name} ${quoted(value)};${MARK}`)));
  return 'added';
}

function directives({ statements }: Server, name: string): readonly Placed<Directive>[] {
  return statements.filter((placed): placed is Placed<Directive> => placed.node.kind === 'directive' && placed.node.name === name);
}

/** The same block again for http alone: without its TLS addresses and settings. The old one keeps those only. */
function splitPlain(server: Server, plain: readonly Placed<Directive>[], edits: EditList): void {
  const { file, block } = server;
  for (const { node } of plain) edits.add(file, removed(file, node, /^# managed by Certbot$/));
  const secure = new Set(server.listens.filter(({ ssl, quic }) => ssl || quic).map(({ at }) => at?.node));
  const kept = block.children.filter((child) => child.kind !== 'comment' && !(child.kind === 'directive' && (secure.has(child) || child.name.startsWith('ssl_') || (child.name === 'include' && (child.args[0]?.text ?? '').endsWith('options-ssl-nginx.conf')))));
  const [newline, outer, inner] = [newlineOf(file), indentOf(file, block.start) ?? '', innerIndent(file, block)];
  const body = kept.map(({ start, end }) => `${inner}${file.text.slice(start, end)}`).join(newline);
  edits.add(file, { from: block.end, to: block.end, text: `${newline}${newline}${outer}server {${MARK}${newline}${body}${newline}${outer}}` });
}
