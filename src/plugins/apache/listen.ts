import { join } from 'node:path';
import { atEnd, newlineOf, type Edit, type EditList } from '../server-configuration/edits.js';
import type { Section } from './syntax.js';
import type { ApacheFile, ApacheTree } from './tree.js';
import { listensOf } from './vhosts.js';

/** Sections that count only with mod_ssl. */
const OF_SSL = new Set(['mod_ssl.c', 'ssl_module']);

/**
 * Has the server listen on a port where it does not yet: on every address, or on the ones that it listens on otherwise. The lines go into
 * `ports.conf` where the system has it. Returns a note for each file.
 */
export function addListen(tree: ApacheTree, serverRoot: string, port: number, { https }: { https: boolean }, edits: EditList): readonly string[] {
  const present = listensOf(tree);
  if (present.some((listen) => listen.port === port)) return [];
  const hosts = [...new Set(present.map(({ host }) => host))];
  const everywhere = hosts.length === 0 || hosts.includes('');
  // Any other port has to be told what is spoken there.
  const spoken = https && port !== 443 ? ' https' : '';
  const lines = (everywhere ? [''] : hosts).map((host) => `Listen ${host === '' ? '' : `${host}:`}${port}${spoken}`);
  const file = [...tree.files.values()].find(({ path }) => path === join(serverRoot, 'ports.conf')) ?? tree.root;
  edits.add(file, https ? withSsl(file, lines) : atFileEnd(file, lines));
  return lines.map((line) => `Added ${line} directive to ${file.path}`);
}

/** Lines that count only with mod_ssl: in such a section of the file, a new one when it has none. */
export function withSsl(file: ApacheFile, lines: readonly string[]): Edit {
  const section = file.nodes.find((node): node is Section => node.kind === 'section' && node.name.toLowerCase() === 'ifmodule' && OF_SSL.has(node.args[0]?.text ?? ''));
  if (section) return atEnd(file, section, lines);
  return atFileEnd(file, ['<IfModule mod_ssl.c>', ...lines.map((line) => `    ${line}`), '</IfModule>']);
}

/** Lines behind everything else. */
export function atFileEnd(file: ApacheFile, lines: readonly string[]): Edit {
  const newline = newlineOf(file);
  const { length } = file.text;
  return { from: length, to: length, text: `${breakBehind(file.text, newline)}${lines.map((line) => `${line}${newline}`).join('')}` };
}

/** What must stand behind a text so that a new line begins: a last line that goes on by a `\` gets an empty one to go on with. */
export function breakBehind(text: string, newline: string): string {
  const open = text !== '' && !text.endsWith('\n') ? newline : '';
  return /\\(?:\r?\n)?$/.test(text) ? `${open}${newline}` : open;
}
