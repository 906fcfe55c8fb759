import type { Directive, Node } from './syntax.js';
import type { Statement } from './tree.js';
import { matches, type Vhost } from './vhosts.js';

/** Patterns of RewriteRule and RedirectMatch that every path meets. */
const EVERYTHING = new Set(['^', '^/', '(.*)', '^(.*)$', '^/(.*)$', '^/?(.*)', '^/?(.*)$', '.*', '^.*$', '/', '^/.*', '^/.*$']);

/** Does the first argument of such a line stand for every path? */
function isEverything(pattern: string | undefined): boolean {
  return EVERYTHING.has(pattern ?? '');
}

/** A RewriteCond that plain requests meet and those by TLS do not. */
export function asksForPlain({ values: [subject = '', pattern = ''] }: Pick<Statement, 'values'>): boolean {
  if (/^%\{HTTPS\}$/i.test(subject)) return /^(?:!=?on|=?off)$/i.test(pattern);
  if (/^%\{REQUEST_SCHEME\}$/i.test(subject)) return ['http', '=http', '^http$', '!https', '!=https', '!^https$'].includes(pattern);
  return /^%\{SERVER_PORT\}$/i.test(subject) && ['80', '^80$', '!443', '!^443$', '=80', '!=443'].includes(pattern);
}

/** A line by which mod_alias sends every path to https of the host itself. `within`: the path of the Location that it stands in. */
export function redirectsAll(name: string, values: readonly string[], names: readonly string[], within: string | null = null): boolean {
  const [, kind] = /^redirect(|match|permanent|temp)$/i.exec(name) ?? [];
  if (kind === undefined) return false;
  const words = /^(?:\d{3}|permanent|temp|seeother|gone)$/i.test(values[0] ?? '') ? values.slice(1) : values;
  const [path, target] = words.length === 1 ? [within, words[0]] : words;
  if (kind.toLowerCase() === 'match' ? !isEverything(path ?? undefined) : path !== '/') return false;
  const host = /^https:\/\/([^/:$]*)/i.exec(target ?? '')?.[1]?.toLowerCase();
  return host !== undefined && (names.some((own) => matches(own, host)) || host.includes('%{'));
}

/** The rules of mod_rewrite, with their conditions, and the lines of mod_alias that lead to https: for a host that answers TLS they go in a circle. */
export function circularIn(nodes: readonly Node[], { names, variables }: Pick<Vhost, 'names' | 'variables'>): readonly Directive[] {
  const found: Directive[] = [];
  const resolved = (text: string): string => text.replace(/\$\{([^}]*)\}/g, (whole, name: string) => variables.get(name) ?? whole);
  const walk = (inside: readonly Node[], within: string | null): void => {
    let conditions: Directive[] = [];
    for (const node of inside) {
      if (node.kind === 'comment') continue;
      if (node.kind === 'section') {
        walk(node.children, node.name.toLowerCase() === 'location' ? (node.args[0]?.text ?? null) : within);
        continue;
      }
      const name = node.name.toLowerCase();
      if (name === 'rewritecond') conditions.push(node);
      if (name === 'rewriterule') {
        if (node.args[1]?.text.toLowerCase().startsWith('https://')) found.push(...conditions, node);
        // A rule that is chained is a condition of the next one.
        conditions = isChained(node.args[2]?.text) ? [...conditions, node] : [];
      }
      if (redirectsAll(name, node.args.map(({ text }) => resolved(text)), names, within)) found.push(node);
    }
  };
  walk(nodes, null);
  return found;
}

/** Flags of a RewriteRule that make the next one depend on it. */
function isChained(flags = ''): boolean {
  return /[[,]\s*(?:C|chain)\s*[\],]/i.test(flags);
}

/** Does every plain request get to this rule of mod_rewrite, as far as its own conditions go? */
export function isForAllPlain(statements: readonly Statement[], rule: Statement): boolean {
  const before = statements.slice(0, statements.indexOf(rule)).findLast(({ name }) => name === 'rewriterule');
  return isEverything(rule.values[0]) && !isChained(before?.values[2]) && conditionsOf(statements, rule).every(asksForPlain);
}

/** The conditions right before a rule. */
export function conditionsOf(statements: readonly Statement[], rule: Statement): readonly Statement[] {
  const before = statements.slice(0, statements.indexOf(rule));
  const start = before.findLastIndex(({ name }) => name === 'rewriterule') + 1;
  return before.slice(start).filter(({ name }) => name === 'rewritecond');
}
