import { atStart, indentOf, innerIndent, newlineOf, removed, type EditList } from '../server-configuration/edits.js';
import { MARK } from './deploy.js';
import { fitOf, type Listen, type Server } from './servers.js';
import type { Block, Directive, Node } from './syntax.js';
import type { Placed } from './tree.js';

/** What the redirect of some names does, before it is done. */
export interface RedirectPlan {
  /** Blocks that get the redirect, each with its names. */
  blocks: readonly { server: Server; names: readonly string[]; split: boolean }[];
  /** Names that answer http with a redirect already. */
  already: readonly string[];
  /** Names of these blocks that no certificate of this run holds: they answer 404 on http from then on. */
  lost: readonly string[];
}

/**
 * Which plain blocks shall send these names to https (certbot's rule: the best one that listens on the http port without TLS). A block
 * that sends all it serves there already is left alone.
 */
export function planRedirect(servers: readonly Server[], names: readonly string[], httpPort: number): RedirectPlan {
  const byServer = new Map<Server, string[]>();
  const already: string[] = [];
  for (const name of names) {
    const server = plainBlock(servers, name, httpPort);
    if (!server) continue;
    if (redirects(server, name)) already.push(name);
    else byServer.set(server, [...(byServer.get(server) ?? []), name]);
  }
  const blocks = [...byServer].map(([server, own]) => ({ server, names: own, split: server.tls }));
  const lost = blocks.filter(({ split }) => split).flatMap(({ server }) => server.names.map(({ text }) => text).filter((text) => !names.includes(text)));
  return { blocks, already, lost: [...new Set(lost)] };
}

/** The block that answers this name over http (certbot's rule); null = none does. */
export function plainBlock(servers: readonly Server[], name: string, httpPort: number): Server | null {
  const listening = servers.filter(({ listens }) => listens.some((listen) => isPlain(listen, httpPort)));
  const fitting = listening.flatMap((server) => {
    const fit = name.startsWith('*.') ? (server.names.some(({ text }) => text === name || text === name.slice(1)) ? 1 : null) : fitOf(server, name);
    return fit === null ? [] : [{ server, fit }];
  });
  return fitting.sort((a, b) => b.fit - a.fit || a.server.index - b.server.index)[0]?.server ?? null;
}

function isPlain({ ssl, quic, port, address }: Listen, httpPort: number): boolean {
  return !ssl && !quic && (port === httpPort || address.startsWith('unix:'));
}

/** Does the block answer this name by a redirect to https already, ours or one of its own for everything? */
function redirects({ statements }: Server, name: string): boolean {
  return statements.some((placed) => sendsToHttps(placed, name));
}

/** Is this statement of a block such a redirect? */
export function sendsToHttps({ node }: Server['statements'][number], name: string): boolean {
  if (node.kind === 'directive') return node.name === 'return' && leadsToHttps(node);
  return node.name === 'if' && [conditionFor(name), '$scheme != https'].includes(conditionText(node)) && node.children.some((child) => child.kind === 'directive' && child.name === 'return' && leadsToHttps(child));
}

function leadsToHttps({ args }: Directive): boolean {
  const [status, target] = args.length > 1 ? [args[0]?.text, args[1]?.text] : ['302', args[0]?.text];
  return /^30[1278]$/.test(status ?? '') && (target ?? '').startsWith('https://');
}

/** What an `if` asks, without its parentheses. */
export function conditionText({ args }: Block): string {
  return args.map(({ text }) => text).join(' ').replace(/^\(\s*|\s*\)$/g, '');
}

/** Writes the plan. A block that also answers TLS is split: its plain part becomes a block of its own, right behind it. */
export function redirectEdits({ blocks }: RedirectPlan, edits: EditList, httpPort: number): void {
  for (const { server, names, split } of blocks) {
    const conditions = names.flatMap((name) => redirectLines(name));
    const movable = server.listens.filter((listen) => isPlain(listen, httpPort)).map(({ at }) => at);
    if (!split) edits.add(server.file, atStart(server.file, server.block, conditions));
    else if (movable.every((at): at is Placed<Directive> => at !== null && at.file === server.file)) splitOff(server, movable, conditions, edits);
    // A listen that an included file brings cannot be taken out of one block: the scheme decides there.
    else edits.add(server.file, atStart(server.file, server.block, ['if ($scheme != "https") {', '    return 301 https://$host$request_uri;', `}${MARK}`]));
  }
}

/** By what our redirect knows a name. */
export function conditionFor(name: string): string {
  return name.startsWith('*.') ? `$host ~ ^[^.]+${name.slice(1).replaceAll('.', '\\.')}$` : `$host = ${name}`;
}

function redirectLines(name: string): readonly string[] {
  return [`if (${conditionFor(name)}) {`, '    return 301 https://$host$request_uri;', `}${MARK}`];
}

function splitOff(server: Server, listens: readonly Placed<Directive>[], conditions: readonly string[], edits: EditList): void {
  const { file, block } = server;
  for (const { node } of listens) edits.add(file, removed(file, node, /^# managed by Certbot$/));
  const newline = newlineOf(file);
  const outer = indentOf(file, block.start) ?? '';
  const inner = innerIndent(file, block);
  const served = server.statements.filter((placed): placed is Placed<Directive> => placed.node.kind === 'directive' && placed.node.name === 'server_name');
  const lines = [
    ...conditions,
    '',
    ...listens.map(({ node }) => textOf(file.text, node)),
    // Also those that an included file brings: without them the new block would be nobody's.
    ...served.map((placed) => textOf(placed.file.text, placed.node)),
    `return 404;${MARK}`,
  ];
  const body = lines.map((line) => (line === '' ? '' : `${inner}${line}`)).join(newline);
  edits.add(file, { from: block.end, to: block.end, text: `${newline}${newline}${outer}server {${newline}${body}${newline}${outer}}` });
}

function textOf(text: string, { start, end }: Node): string {
  return text.slice(start, end);
}
