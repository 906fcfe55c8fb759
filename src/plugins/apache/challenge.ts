import { join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import { atEnd, atStart, type EditList } from '../server-configuration/edits.js';
import type { Http01Answer } from '../server-configuration/until-served.js';
import { pathText } from '../server-configuration/path-text.js';
import { addListen, atFileEnd } from './listen.js';
import { quoted } from './syntax.js';
import type { ApacheTree } from './tree.js';
import { answersOn, matches, type Vhost } from './vhosts.js';

/** Where the answers and what brings them are (F60). */
export interface ChallengePaths {
  /** --apache-challenge-location. */
  location: string;
  /** Folder of the answers, in the work directory. */
  answers: string;
}

/**
 * Lets Apache answer http-01 for these names, in one change: each host that could be asked for one of them gets a rule as its first line
 * and access as its last, from two files; the answers are files. Hosts without a ServerName get it too, for they answer whatever
 * has no other. Where no host has a name, the default ones of the port get it; where there are no hosts, the server itself. Returns the
 * new files. Throws PluginError when nothing could be asked.
 */
export function challengeEdits(tree: ApacheTree, vhosts: readonly Vhost[], answers: readonly Http01Answer[], { http, serverRoot }: { http: number; serverRoot: string }, paths: ChallengePaths, edits: EditList): readonly { path: string; text: string }[] {
  const pre = join(paths.location, 'le_http_01_challenge_pre.conf');
  const post = join(paths.location, 'le_http_01_challenge_post.conf');
  addListen(tree, serverRoot, http, { https: false }, edits);
  const onPort = vhosts.filter((vhost) => !vhost.tls && answersOn(vhost, http));
  const asked = new Set(vhosts.filter(({ name, macro }) => name === null || macro));
  for (const { name } of answers) {
    const named = vhosts.filter(({ names }) => names.some((own) => matches(own, name)));
    for (const vhost of named) asked.add(vhost);
    // Whatever stands on the port and is not asked by its name may be asked by default.
    if (!named.some((vhost) => answersOn(vhost, http))) for (const vhost of onPort) asked.add(vhost);
  }
  for (const vhost of asked) {
    edits.add(vhost.file, atStart(vhost.file, vhost.section, [`Include ${quoted(pathText(pre))}`]));
    edits.add(vhost.file, atEnd(vhost.file, vhost.section, [`Include ${quoted(pathText(post))}`]));
  }
  if (![...asked].some((vhost) => answersOn(vhost, http))) {
    if (tree.root.text === '') throw unreachable(http);
    edits.add(tree.root, atFileEnd(tree.root, [`Include ${quoted(pathText(pre))}`, `Include ${quoted(pathText(post))}`]));
  }
  return [
    { path: pre, text: preText(pathText(paths.answers)) },
    { path: post, text: postText(pathText(paths.answers)) },
    ...answers.map(({ token, keyAuthorization }) => ({ path: join(paths.answers, checked(token)), text: keyAuthorization })),
  ];
}

function unreachable(port: number): PluginError {
  return new PluginError('apache', `Unable to find a virtual host listening on port ${port} which is currently needed for Certbot to prove to the CA that you control your domain. Please add a virtual host for port ${port}.`);
}

/** Only answers that are there: those of other programs are served as ever. */
function preText(folder: string): string {
  return [`RewriteCond ${quoted(`${folder}/$1`)} -f`, `RewriteRule ^/\\.well-known/acme-challenge/([A-Za-z0-9-_=]+)$ ${quoted(`${folder}/$1`)} [END]`, ''].join('\n');
}

function postText(folder: string): string {
  const open = (name: string, what: string): readonly string[] => [
    `<${name} ${quoted(what)}>`,
    '    Require all granted',
    '    <IfModule mod_access_compat.c>',
    '        Order Allow,Deny',
    '        Allow from all',
    '    </IfModule>',
    `</${name}>`,
  ];
  return ['RewriteEngine on', ...open('Directory', folder), ...open('Location', '/.well-known/acme-challenge'), ''].join('\n');
}

/** The token is of base64url characters (RFC 8555 section 8.3). */
function checked(token: string): string {
  if (!/^[\w-]+$/.test(token)) throw new Error('a token with characters that no token has');
  return token;
}
