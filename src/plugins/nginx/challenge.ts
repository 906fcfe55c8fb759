import { atStart, type EditList } from '../server-configuration/edits.js';
import { pathText } from '../server-configuration/path-text.js';
import type { Http01Answer } from '../server-configuration/until-served.js';
import { fitOf, type Listen, type Server } from './servers.js';
import { quoted, type Block } from './syntax.js';
import { statements, type NginxTree, type Placed } from './tree.js';

/** What a run's answers need beside the edits: a file of server blocks of our own, included first in `http`; null when none. */
export interface ChallengeFile {
  path: string;
  text: string;
}

/**
 * Lets nginx answer http-01 for these names, in one change: each block that could be asked for a name gets the answers of its names as
 * its first statements. There they come before every `return` and `rewrite` of the site's own and before any location, and
 * requests for anything else are served as ever. A name in no block is answered by the default block of each address; where
 * nothing listens on the port, by a block of our own in `path`.
 */
export function challengeEdits(tree: NginxTree, servers: readonly Server[], answers: readonly Http01Answer[], ports: { http: number; https: number }, path: string, edits: EditList): ChallengeFile | null {
  const byServer = new Map<Server, Http01Answer[]>();
  const give = (server: Server, answer: Http01Answer): void => void byServer.set(server, [...(byServer.get(server) ?? []), answer]);
  const open = servers.filter(({ listens }) => listens.some((listen) => reachable(listen, ports.http)));
  const defaults = defaultsOf(open, ports.http);
  for (const answer of answers) {
    const fitting = servers.filter((server) => fitOf(server, answer.name) !== null);
    const asked = fitting.filter(({ listens }) => listens.some((listen) => reachable(listen, ports.http) || (listen.ssl && listen.port === ports.https)));
    for (const server of asked) give(server, answer);
    // On an address where no block has the name, or only a regex that we could not read, the default block is asked.
    for (const server of defaults) if (!asked.includes(server)) give(server, answer);
  }
  for (const [server, own] of byServer) edits.add(server.file, atStart(server.file, server.block, own.map(answerLine)));
  if (open.length > 0) return null;
  const http = httpBlock(tree);
  if (!http) return null;
  edits.add(http.file, atStart(http.file, http.node, [`include ${quoted(pathText(path))};`]));
  return { path, text: ownBlock(answers, ports.http) };
}

function reachable({ ssl, quic, port, address }: Listen, httpPort: number): boolean {
  return !ssl && !quic && (port === httpPort || address.startsWith('unix:'));
}

/** For each address the block that nginx asks for unknown names: the one marked as default, else the first. */
function defaultsOf(open: readonly Server[], httpPort: number): readonly Server[] {
  const chosen = new Map<string, { server: Server; marked: boolean }>();
  for (const server of open) {
    for (const listen of server.listens.filter((each) => reachable(each, httpPort))) {
      const known = chosen.get(listen.address);
      if (!known || (listen.isDefault && !known.marked)) chosen.set(listen.address, { server, marked: listen.isDefault });
    }
  }
  return [...new Set([...chosen.values()].map(({ server }) => server))];
}

/** The token is of base64url characters (RFC 8555 section 8.3), and so is the key authorization but for its dot. */
function answerLine({ token, keyAuthorization }: Http01Answer): string {
  return `if ($uri = "/.well-known/acme-challenge/${checked(token)}") { return 200 "${checked(keyAuthorization)}"; }`;
}

function checked(text: string): string {
  if (!/^[\w.-]+$/.test(text)) throw new Error('a token with characters that no token has');
  return text;
}

function ownBlock(answers: readonly Http01Answer[], port: number): string {
  return ['server {', `    listen ${port};`, `    listen [::]:${port};`, `    server_name ${answers.map(({ name }) => quoted(name)).join(' ')};`, ...answers.map((answer) => `    ${answerLine(answer)}`), '    return 404;', '}', ''].join('\n');
}

/** The http block; where there are several, nginx refuses the configuration itself. */
export function httpBlock(tree: NginxTree): Placed<Block> | null {
  return statements(tree, tree.root).find((placed): placed is Placed<Block> => placed.node.kind === 'block' && placed.node.name === 'http') ?? null;
}
