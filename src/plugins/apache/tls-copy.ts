import { basename, dirname, join } from 'node:path';
import { indentOf, newlineOf, spliced, type Edit } from '../server-configuration/edits.js';
import type { Directive } from './syntax.js';
import { asksForPlain, circularIn, conditionsOf, redirectsAll } from './to-https.js';
import type { ApacheFile, Statement } from './tree.js';
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
 * The text of a plain host once more, for TLS: on the https port, and without the redirects to https, which would go in a circle there
 * (a file that brings such and is included stands in the copy itself, without them).
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
  const shared = circularInclusions(vhost);
  for (const { inclusion, files } of shared) edits.push({ from: inclusion.node.start, to: inclusion.node.end, text: takenIn(vhost, inclusion, files) });
  // The copy is read at another place: a variable that is another one there is written out.
  for (const found of file.text.slice(section.open, section.close).matchAll(/\$\{([^}]*)\}/g)) {
    const value = vhost.variables.get(found[1] ?? '');
    const from = section.open + found.index;
    if (value === undefined || value === later.get(found[1] ?? '') || shared.some(({ inclusion: { node } }) => from >= node.start && from < node.end)) continue;
    edits.push({ from, to: from + found[0].length, text: value });
  }
  const circular = circularIn(section.children, vhost);
  edits.push(...disabling(file, circular));
  const whole = file.text.slice(section.start, section.close);
  const moved = edits.map(({ from, to, text }) => ({ from: from - section.start, to: to - section.start, text }));
  const text = ['<IfModule mod_ssl.c>', `${indentOf(file, section.start) ?? ''}${spliced(whole, moved)}</VirtualHost>`, '</IfModule>', ''].join(newline);
  return { text, disabled: circular.length > 0 || shared.length > 0 };
}

/** Makes comments of lines, under the note. */
function disabling(file: ApacheFile, nodes: readonly Directive[]): readonly Edit[] {
  const newline = newlineOf(file);
  return nodes.map((node, index) => {
    const indent = indentOf(file, node.start) ?? '';
    // A comment goes on in the next line where the line does: one # is enough.
    return { from: node.start, to: node.start, text: index === 0 ? `${NOTE.join(`${newline}${indent}`)}${newline}${newline}${indent}# ` : '# ' };
  });
}

/** The Include lines of a host whose files send every request to https, however it came. */
function circularInclusions({ file, statements, names }: Vhost): readonly { inclusion: Statement; files: readonly ApacheFile[] }[] {
  return statements.flatMap((inclusion, index) => {
    if (!inclusion.name.startsWith('include') || inclusion.file !== file) return [];
    const next = statements.findIndex((statement, at) => at > index && statement.file === file);
    const brought = statements.slice(index + 1, next < 0 ? statements.length : next);
    const circle = brought.some((statement) => redirectsAll(statement.name, statement.values, names) || (statement.name === 'rewriterule' && statement.values[1]?.toLowerCase().startsWith('https://') === true && !conditionsOf(statements, statement).some(asksForPlain)));
    // What is included from there again stays as it is.
    return circle && !brought.some(({ name }) => name.startsWith('include')) ? [{ inclusion, files: [...new Set(brought.map((statement) => statement.file))] }] : [];
  });
}

/** The text of included files in the place of the line that includes them, what goes in a circle made a comment. */
function takenIn({ file, names, variables }: Vhost, { node }: Statement, files: readonly ApacheFile[]): string {
  const indent = indentOf(file, node.start) ?? '';
  const lines = files.flatMap((each) => spliced(each.text, disabling(each, circularIn(each.nodes, { names, variables }))).trim().split(/\r?\n/));
  return lines.map((line, index) => (index === 0 || line === '' ? line : `${indent}${line}`)).join(newlineOf(file));
}
