import { join } from 'node:path';
import { atEnd, atStart, indentOf, newlineOf, type EditList } from '../server-configuration/edits.js';
import { pathText } from '../server-configuration/path-text.js';
import { quoted } from './syntax.js';
import type { Statement } from './tree.js';
import { nameLines } from './certificate.js';
import { conditionsOf, isForAllPlain, redirectsAll } from './to-https.js';
import { tlsPath, withPort } from './tls-copy.js';
import { answersOn, matches, valuesOf, type Address, type Vhost } from './vhosts.js';

/** certbot's rule, word by word: by it both programs recognise their own. */
const RULE = ['^', 'https://%{SERVER_NAME}%{REQUEST_URI}', '[END,NE,R=permanent]'];
/** What earlier releases wrote instead. */
const OLDER = ['[L,QSA,R=permanent]', '[END,QSA,R=permanent]', '[L,NE,R=permanent]'];

interface RedirectedHost {
  vhost: Vhost;
  names: readonly string[];
  added: readonly string[];
}

/** What the redirect of some names does, before it is done. */
export interface RedirectPlan {
  /** Plain hosts that get it, each with its names; `added` are those that it is not asked for yet. */
  hosts: readonly RedirectedHost[];
  /** TLS hosts without a plain one: a host that only redirects is made. */
  made: readonly { vhost: Vhost; names: readonly string[] }[];
}

/**
 * Which plain hosts shall send these names to https: those that share a name with a TLS host of theirs, else the nameless one that it was
 * made from. `secure`: TLS hosts with the names that their certificate is for.
 */
export function planRedirect(vhosts: readonly Vhost[], secure: ReadonlyMap<Vhost, readonly string[]>, { extension, vhostRoot, httpPort }: { extension: string; vhostRoot: string | null; httpPort: number }): RedirectPlan {
  const plain = vhosts.filter(({ tls, macro }) => !tls && !macro);
  const onPort = plain.filter((other) => answersOn(other, httpPort));
  const asked = (name: string): Vhost | undefined => onPort.find((other) => other.names.some((own) => matches(own, name)));
  const hosts = new Map<Vhost, string[]>();
  const give = (vhost: Vhost, names: readonly string[]): void => void hosts.set(vhost, [...new Set([...(hosts.get(vhost) ?? []), ...names])]);
  const made: { vhost: Vhost; names: readonly string[] }[] = [];
  for (const [vhost, names] of secure) {
    const sharing = plain.filter((other) => other.names.some((name) => vhost.names.includes(name)));
    const sharingOnPort = sharing.filter((other) => onPort.includes(other));
    const origin = plain.filter((other) => other.names.length === 0 && tlsPath(other, extension, vhostRoot) === vhost.file.path);
    const partners = sharingOnPort.length > 0 ? sharingOnPort : sharing.length > 0 ? sharing.slice(0, 1) : origin.slice(0, 1);
    for (const partner of partners) give(partner, names);
    // One with a pattern that comes before, or is all there is, is asked instead.
    for (const name of names) {
      const first = asked(name);
      if (first && !partners.includes(first)) give(first, [name]);
    }
    const left = names.filter((name) => !asked(name));
    if (partners.length === 0 && left.length > 0) made.push({ vhost, names: left });
  }
  // A name that stands in no plain host is asked of the first one: only where there is no other is that surely this one.
  const unasked = (name: string): boolean => onPort.length > 1 && !name.startsWith('*.') && !asked(name);
  return { hosts: [...hosts].map(([vhost, names]) => ({ vhost, names, added: onPort.includes(vhost) ? names.filter(unasked) : [] })), made };
}

/** Writes the redirect into a plain host. Returns a warning, or null. Nothing changes when these names are sent to https already. */
export function redirectEdits({ vhost, names, added }: RedirectedHost, edits: EditList): string | null {
  const { file, section, statements } = vhost;
  if (added.length > 0) edits.add(file, atEnd(file, section, nameLines(vhost, added)));
  if (statements.some(({ name, values }) => redirectsAll(name, values, vhost.names))) return null;
  const rules = statements.filter(({ name }) => name === 'rewriterule');
  const own = rules.filter(isRedirectOfOurs);
  const [first] = own;
  if (first) {
    const fitting = own.find((rule) => missingIn(statements, rule, names).length === 0);
    extend(statements, fitting ?? first, names, edits);
    return null;
  }
  if (rules.some((rule) => rule.values[1]?.startsWith('https://') && isForAllPlain(statements, rule))) return null;
  const on = valuesOf(statements, 'rewriteengine').at(-1)?.[0]?.toLowerCase() === 'on';
  const lines = [...(on ? [] : ['RewriteEngine on']), ...conditionLines(names), `RewriteRule ${RULE.join(' ')}`];
  // Behind rules of the site's own it might never be reached.
  edits.add(file, rules.length > 0 ? atStart(file, section, lines) : atEnd(file, section, lines));
  return rules.length > 0 ? 'Added an HTTP->HTTPS rewrite in addition to other RewriteRules; you may wish to check for overall consistency.' : null;
}

/** certbot's rule or ours, of this release or an earlier one. */
export function isRedirectOfOurs({ name, values }: Statement): boolean {
  return name === 'rewriterule' && values[0] === RULE[0] && values[1] === RULE[1] && (values[2] === RULE[2] || OLDER.includes(values[2] ?? ''));
}

/** A rule of an earlier release becomes the present one, and names that it does not have yet are added to its conditions. */
function extend(statements: readonly Statement[], own: Statement, names: readonly string[], edits: EditList): void {
  const flags = own.node.args[2];
  if (flags && own.values[2] !== RULE[2]) edits.add(own.file, { from: flags.start, to: flags.end, text: RULE[2] ?? '' });
  const [first] = conditionsOf(statements, own);
  if (!first) return;
  const lineEnd = `${newlineOf(first.file)}${indentOf(first.file, first.node.start) ?? ''}`;
  const text = missingIn(statements, own, names).map((name) => `RewriteCond %{SERVER_NAME} ${patternOf(name)} [OR]${lineEnd}`).join('');
  if (text !== '') edits.add(first.file, { from: first.node.start, to: first.node.start, text });
}

/** Names that a rule of ours does not meet; none where it has no conditions, or others than ours. */
function missingIn(statements: readonly Statement[], own: Statement, names: readonly string[]): readonly string[] {
  const conditions = conditionsOf(statements, own);
  if (conditions.length === 0 || conditions.some(({ values }) => values[0]?.toUpperCase() !== '%{SERVER_NAME}')) return [];
  const has = new Set(conditions.map(({ values }) => values[1]?.toLowerCase()));
  return names.filter((name) => !has.has(patternOf(name).toLowerCase()));
}

/** One condition a name, each but the last `[OR]`. */
function conditionLines(names: readonly string[]): readonly string[] {
  return names.map((name, index) => `RewriteCond %{SERVER_NAME} ${patternOf(name)}${index === names.length - 1 ? '' : ' [OR]'}`);
}

/** A wildcard certificate is for one label; the same text as a string would never be met. */
export function patternOf(name: string): string {
  return name.startsWith('*.') ? `^[^.]+${name.slice(1).replaceAll('.', '\\.')}$` : `=${name}`;
}

/** A host that only redirects: where it goes and what it says. */
export function redirectHost({ vhost, names }: { vhost: Vhost; names: readonly string[] }, vhosts: readonly Vhost[], { folder, logsRoot, httpPort }: { folder: string; logsRoot: string; httpPort: number }): { path: string; text: string } {
  // On the addresses that are in use: elsewhere the server would not ask it by its name.
  const plain = vhosts.filter((other) => !other.tls && !other.macro && answersOn(other, httpPort)).flatMap(({ addresses }) => addresses.filter(({ port }) => port === null || port === httpPort));
  const addresses: readonly Address[] = plain.length > 0 ? plain : vhost.addresses;
  const [first, ...others] = names;
  const name = vhost.name ?? first ?? '';
  return {
    path: join(folder, name === '' || name.length > 230 ? 'le-redirect.conf' : `le-redirect-${name}.conf`),
    text: [
      `<VirtualHost ${[...new Set(withPort(addresses, httpPort))].join(' ')}>`,
      `ServerName ${first ?? name}`,
      ...(others.length === 0 ? [] : [`ServerAlias ${others.join(' ')}`]),
      'ServerSignature Off',
      '',
      'RewriteEngine On',
      `RewriteRule ${RULE.join(' ')}`,
      '',
      `ErrorLog ${quoted(pathText(join(logsRoot, 'redirect.error.log')))}`,
      'LogLevel warn',
      '</VirtualHost>',
      '',
    ].join('\n'),
  };
}
