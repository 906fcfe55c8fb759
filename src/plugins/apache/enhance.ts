import { atEnd, type EditList } from '../server-configuration/edits.js';
import { withSsl } from './listen.js';
import type { ApacheTree, Statement } from './tree.js';
import { valuesOf, type Vhost } from './vhosts.js';

export const HSTS = 'Strict-Transport-Security';
/** Seconds: a year. */
export const HSTS_FOREVER = 31_536_000;
const UPGRADE = 'upgrade-insecure-requests';

/** Strict-Transport-Security for a TLS host; one that is there already stays as it is. Returns whether lines were added. */
export function addHsts(vhost: Vhost, seconds: number, edits: EditList): boolean {
  if (headerOf(vhost, HSTS)) return false;
  edits.add(vhost.file, atEnd(vhost.file, vhost.section, [`Header always set ${HSTS} "max-age=${seconds}"`]));
  return true;
}

/** Content-Security-Policy: upgrade-insecure-requests. Beside a policy of the site's own, not in its place. */
export function addUir(vhost: Vhost, edits: EditList): boolean {
  const policies = headersOf(vhost, 'Content-Security-Policy');
  if (policies.some(({ values }) => values.some((value) => value.toLowerCase().includes(UPGRADE)))) return false;
  const always = policies.some(({ values }) => values[0]?.toLowerCase() === 'always');
  edits.add(vhost.file, atEnd(vhost.file, vhost.section, [`Header always ${always ? 'append' : 'set'} Content-Security-Policy ${UPGRADE}`]));
  return true;
}

/** OCSP stapling, with a cache for the whole server unless it has one. */
export function addStapling(tree: ApacheTree, vhost: Vhost, cache: string, { cacheAdded }: { cacheAdded: boolean }, edits: EditList): { added: boolean; cacheAdded: boolean } {
  const on = valuesOf(vhost.statements, 'sslusestapling').some(([value]) => value?.toLowerCase() === 'on');
  const cached = cacheAdded || tree.statements.some(({ name }) => name === 'sslstaplingcache');
  if (!on) edits.add(vhost.file, atEnd(vhost.file, vhost.section, ['SSLUseStapling on']));
  if (!cached) edits.add(vhost.file, withSsl(vhost.file, [`SSLStaplingCache ${cache}`]));
  return { added: !on || !cached, cacheAdded: true };
}

/** The line that sets a header for the whole host; null when there is none. */
export function headerOf(vhost: Vhost, header: string): Statement | null {
  return headersOf(vhost, header).at(-1) ?? null;
}

function headersOf({ statements }: Vhost, header: string): readonly Statement[] {
  return statements.filter(({ name, values }) => name === 'header' && values.some((value) => value.toLowerCase() === header.toLowerCase()));
}

/** HTTP/2 for a TLS host. Protocols of its own are added to; without any a host has those of the server, HTTP/1.1 if that says none. */
export function addHttp2(tree: ApacheTree, vhost: Vhost, edits: EditList): boolean {
  const own = vhost.statements.filter(({ name }) => name === 'protocols');
  const general = valuesOf(tree.statements, 'protocols').flat();
  const said = own.length > 0 ? own.flatMap(({ values }) => values) : general;
  if (said.some((value) => value.toLowerCase() === 'h2')) return false;
  const [first] = own;
  const word = first?.node.args[0];
  if (first && word) edits.add(first.file, { from: word.start, to: word.start, text: 'h2 ' });
  else edits.add(vhost.file, atEnd(vhost.file, vhost.section, [`Protocols h2 ${general.length > 0 ? general.join(' ') : 'http/1.1'}`]));
  return true;
}
