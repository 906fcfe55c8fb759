import { atEnd, newlineOf, innerIndent, removed, spliced, type EditList } from '../server-configuration/edits.js';
import { quoted, readApache } from './syntax.js';
import type { Statement } from './tree.js';
import type { Vhost } from './vhosts.js';

/** What a host is given. */
export interface CertificateWish {
  /** One, or two of different key types; SSLCertificateFile has the chain in it from Apache 2.4.8 on. */
  certificates: readonly { certificate: string; privkey: string }[];
  /** SSLCertificateChainFile of an older server; null = it must not be there. */
  chain: string | null;
  /** `options-ssl-apache.conf`. */
  options: string;
}

/** The same line over and over counts once; the last ones are kept, as certbot does. */
const FILES = ['sslcertificatefile', 'sslcertificatekeyfile', 'sslcertificatechainfile'];

/**
 * Gives a host that answers TLS a certificate: what is there is replaced in place, what is missing is added at its end. Nothing changes
 * when it has it.
 */
export function giveCertificate(vhosts: readonly Vhost[], vhost: Vhost, wish: CertificateWish, edits: EditList): void {
  const wanted = new Map([
    ['sslcertificatefile', wish.certificates.map(({ certificate }) => certificate)],
    ['sslcertificatekeyfile', wish.certificates.map(({ privkey }) => privkey)],
    ['sslcertificatechainfile', wish.chain === null ? [] : [wish.chain]],
  ]);
  const lines: string[] = [];
  const shared = new Set<Statement>();
  for (const name of FILES) {
    // A file that is included twice brings the same line twice: it is changed once.
    const present = vhost.statements.filter((statement) => statement.name === name).filter((statement, index, all) => !all.slice(index + 1).some(({ node }) => node === statement.node));
    const values = wanted.get(name) ?? [];
    const own = present.filter((statement) => isOwn(vhosts, vhost, statement));
    const others = present.filter((statement) => !own.includes(statement));
    for (const statement of others) {
      const inclusion = inclusionOf(vhost, statement);
      if (inclusion) shared.add(inclusion);
    }
    const kept = own.slice(Math.max(0, own.length - values.length));
    for (const statement of own) {
      const index = kept.indexOf(statement);
      if (index < 0) edits.add(statement.file, removed(statement.file, statement.node));
      else replaceValue(statement, values[index] ?? '', edits);
    }
    const takenIn = others.filter((statement) => inclusionOf(vhost, statement) !== null);
    // The server pairs certificates and keys by their order.
    for (const value of values.slice(Math.max(kept.length, takenIn.length))) lines.push(`${NAMES.get(name) ?? name} ${quoted(value)}`);
  }
  for (const inclusion of shared) takeIn(vhost, inclusion, wanted, edits);
  if (!vhost.statements.some(({ name, values }) => name.startsWith('include') && values[0] === wish.options)) lines.push(`Include ${quoted(wish.options)}`);
  if (lines.length > 0) edits.add(vhost.file, atEnd(vhost.file, vhost.section, lines));
}

const NAMES = new Map([['sslcertificatefile', 'SSLCertificateFile'], ['sslcertificatekeyfile', 'SSLCertificateKeyFile'], ['sslcertificatechainfile', 'SSLCertificateChainFile']]);

function replaceValue({ file, node }: Statement, path: string, edits: EditList): void {
  const [value] = node.args;
  if (value && value.text !== path) edits.add(file, { from: value.start, to: node.args.at(-1)?.end ?? value.end, text: quoted(path) });
}

/** Does this line belong to this host alone? A file that other hosts include too must not be changed for one of them. */
function isOwn(vhosts: readonly Vhost[], vhost: Vhost, { file, node }: Statement): boolean {
  if (file === vhost.file && node.start >= vhost.section.start && node.end <= vhost.section.end) return true;
  return vhosts.filter((other) => other.statements.some((statement) => statement.file === file && statement.node === node)).length === 1;
}

/** The line of the host itself that brings a file, where it brings that file alone. */
function inclusionOf(vhost: Vhost, statement: Statement): Statement | null {
  const before = vhost.statements.slice(0, vhost.statements.indexOf(statement));
  const at = before.findLastIndex(({ name, file }) => name.startsWith('include') && file === vhost.file);
  const inclusion = before[at];
  return inclusion && before.slice(at + 1).every(({ file }) => file === statement.file) ? inclusion : null;
}

/**
 * The certificate comes from a file that other hosts include too: its lines are taken into this host instead, for the server would load a
 * second certificate beside it, not in its place.
 */
function takeIn(vhost: Vhost, inclusion: Statement, wanted: ReadonlyMap<string, readonly string[]>, edits: EditList): void {
  const brought = vhost.statements[vhost.statements.indexOf(inclusion) + 1]?.file;
  if (!brought) return;
  const nodes = readApache(brought.text);
  const met = new Map<string, number>();
  const changes = nodes.flatMap((node) => {
    if (node.kind !== 'directive') return [];
    const name = node.name.toLowerCase();
    if (!FILES.includes(name)) return [];
    const index = met.get(name) ?? 0;
    const value = wanted.get(name)?.[index] ?? wanted.get(name)?.at(-1);
    met.set(name, index + 1);
    return [{ from: node.start, to: node.end, text: value === undefined ? '' : `${node.name} ${quoted(value)}` }];
  });
  const lines = spliced(brought.text, changes).trim().split(/\r?\n/).map((line) => line.trim());
  edits.add(vhost.file, { from: inclusion.node.start, to: inclusion.node.end, text: lines.join(`${newlineOf(vhost.file)}${innerIndent(vhost.file, vhost.section)}`) });
}

/** Lines that add these names to a host. */
export function nameLines({ name }: Vhost, names: readonly string[]): readonly string[] {
  return names.map((each, index) => `${name === null && index === 0 ? 'ServerName' : 'ServerAlias'} ${each}`);
}
