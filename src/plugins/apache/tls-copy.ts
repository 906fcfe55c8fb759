import { basename, dirname, join } from 'node:path';
import { indentOf, newlineOf, spliced, type Edit } from '../server-configuration/edits.js';
import type { Directive, Node, Section } from './syntax.js';
import { addressText, type Address, type Vhost } from './vhosts.js';

/** The note above rewrite rules that the copy does not follow; certbot's words. */
const NOTE = ['# Some rewrite rules in this file were disabled on your HTTPS site,', '# because they have the potential to create redirection loops.'];

/** Where the TLS host that is made from this one goes. `vhostRoot`: the folder that was asked for, without symbolic links. */
export function tlsPath({ file }: Vhost, extension: string, vhostRoot: string | null): string {
  const folder = vhostRoot ?? dirname(file.path);
  return join(folder, basename(file.path).replace(/\.conf$/, '') + extension);
}

/** Addresses with another port, each once. */
export function withPort(addresses: readonly Address[], port: number): readonly string[] {
  return [...new Set(addresses.map(({ host }) => addressText({ host, port })))];
}

/**
 * The text of a plain host once more, for TLS: on the https port, and without the redirects to https, which would go in a circle there.
 * `later`: the variables at the end of the configuration.
 * `disabled`: there were some.
 */
export function tlsCopy(vhost: Vhost, httpsPort: number, later: ReadonlyMap<string, string>): { text: string; disabled: boolean } {
  const { file, section } = vhost;
  const newline = newlineOf(file);
  const edits: Edit[] = [];
  const [first] = section.args;
  const last = section.args.at(-1);
  if (first && last) edits.push({ from: first.start, to: last.end, text: withPort(vhost.addresses, httpsPort).join(' ') });
  // The copy is read at another place: a variable that is another one there is written out.
  for (const found of file.text.slice(section.open, section.close).matchAll(/\$\{([^}]*)\}/g)) {
    const value = vhost.variables.get(found[1] ?? '');
    const from = section.open + found.index;
    if (value !== undefined && value !== later.get(found[1] ?? '')) edits.push({ from, to: from + found[0].length, text: value });
  }
  const circular = circularIn(section, vhost.names);
  for (const [index, node] of circular.entries()) {
    const indent = indentOf(file, node.start) ?? '';
    // A comment goes on in the next line where the line does: one # is enough.
    edits.push({ from: node.start, to: node.start, text: index === 0 ? `${NOTE.join(`${newline}${indent}`)}${newline}${newline}${indent}# ` : '# ' });
  }
  const whole = file.text.slice(section.start, section.close);
  const moved = edits.map(({ from, to, text }) => ({ from: from - section.start, to: to - section.start, text }));
  const text = ['<IfModule mod_ssl.c>', `${indentOf(file, section.start) ?? ''}${spliced(whole, moved)}</VirtualHost>`, '</IfModule>', ''].join(newline);
  return { text, disabled: circular.length > 0 };
}

/** The rules, with their conditions, that lead to https. */
function circularIn(section: Section, names: readonly string[]): readonly Directive[] {
  const found: Directive[] = [];
  const walk = (nodes: readonly Node[]): void => {
    let conditions: Directive[] = [];
    for (const node of nodes) {
      if (node.kind === 'comment') continue;
      if (node.kind === 'section') {
        walk(node.children);
        continue;
      }
      const name = node.name.toLowerCase();
      if (name === 'rewritecond') conditions.push(node);
      if (name === 'rewriterule') {
        if (node.args[1]?.text.toLowerCase().startsWith('https://')) found.push(...conditions, node);
        conditions = [];
      }
      if (redirectsAll(node, names)) found.push(node);
    }
  };
  walk(section.children);
  return found;
}

/** `Redirect … / https://…` to the host itself, by mod_alias. */
export function redirectsAll({ name, args }: Pick<Directive, 'name' | 'args'>, names: readonly string[]): boolean {
  if (!/^redirect(?:permanent|temp)?$/i.test(name)) return false;
  const [path, target] = args.slice(-2).map(({ text }) => text);
  if (path !== '/') return false;
  const host = /^https:\/\/([^/:]*)/i.exec(target ?? '')?.[1]?.toLowerCase();
  return host !== undefined && (names.includes(host) || host.includes('%{'));
}
