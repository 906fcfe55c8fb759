import { basename, join } from 'node:path';
import { atEnd, EditList, newlineOf, spliced } from '../server-configuration/edits.js';
import { pathText } from '../server-configuration/path-text.js';
import type { ServerChange } from '../contract.js';
import { giveCertificate, nameLines, type CertificateWish } from './certificate.js';
import { addListen, atFileEnd, breakBehind } from './listen.js';
import type { Planned, Reading } from './server.js';
import { quoted, readApache, type Section } from './syntax.js';
import { tlsCopy, tlsPath } from './tls-copy.js';
import { asWritten } from './tree.js';
import { placeOf, vhostsOf, type Vhost } from './vhosts.js';

/** What is done where, beside what the configuration itself says. */
export interface DeployWays {
  serverRoot: string;
  /** --apache-vhost-root; null = beside the original. */
  vhostRoot: string | null;
  extension: string;
  httpsPort: number;
  /** sites-enabled, where sites are enabled by links; null elsewhere. */
  sitesEnabled: string | null;
  /** The text of a file; null when there is none. */
  textOf(path: string): string | null;
  /** The configuration as it will be. */
  reread(planned: Planned): Reading;
}

/** One host and the names that it gets a certificate for; `added` of them stand in it not yet. */
export interface DeployTarget {
  vhost: Vhost;
  names: readonly string[];
  added: readonly string[];
}

/** A TLS host that is made of a plain one. */
interface Made {
  target: DeployTarget;
  holds(vhost: Vhost): boolean;
}

/**
 * Gives hosts a certificate: TLS hosts in place, plain ones by a copy that answers TLS, in a file of its own that is enabled. The server listens on
 * the https port afterwards. `planned` is what is enabled beforehand (modules).
 */
export function deployChange(targets: readonly DeployTarget[], wish: CertificateWish, ways: DeployWays, before: Reading, planned: Planned): Omit<ServerChange, 'commands'> {
  const notes: string[] = [];
  const warnings: string[] = [];
  const texts = new Map<string, string>();
  const places = new Map<string, DeployTarget>();
  const created = new Map<string, Made[]>();
  for (const target of targets) {
    const { vhost } = target;
    if (vhost.tls) {
      places.set(placeOf(vhost), target);
      continue;
    }
    const path = tlsPath(vhost, ways.extension, ways.vhostRoot);
    const present = texts.get(path) ?? planned.texts.get(path) ?? ways.textOf(path);
    const own = created.get(path) ?? [];
    if (present !== null && own.length === 0 && alreadyThere(path, present, vhost, ways.httpsPort)) {
      created.set(path, [{ target, holds: ({ names }) => names.some((name) => vhost.names.includes(name)) }]);
      texts.set(path, present);
      notes.push(`Used the ssl vhost at ${path}`);
      continue;
    }
    const head = present === null ? '' : present + breakBehind(present, newlineOf({ path, text: present }));
    const { text, disabled } = tlsCopy(vhost, ways.httpsPort, before.tree.variables);
    texts.set(path, head + text);
    created.set(path, [...own, { target, holds: ({ section: { start } }) => start >= head.length && start < head.length + text.length }]);
    notes.push(`Created ssl vhost at ${path}`);
    if (disabled) warnings.push(`Some rewrite rules copied from ${vhost.file.path} were disabled in the vhost for your HTTPS site located at ${path} because they have the potential to create redirection loops.`);
  }
  const enabled = enable([...created.keys()], texts, planned, ways);
  notes.push(...enabled.notes);
  const { reading } = enabled;
  const edits = new EditList();
  notes.push(...addListen(reading.tree, ways.serverRoot, ways.httpsPort, { https: true }, edits));
  const given = new Set<Section>();
  for (const vhost of reading.vhosts) {
    const target = places.get(placeOf(vhost)) ?? created.get(vhost.file.path)?.find(({ holds }) => holds(vhost))?.target;
    // A template that is included for several names is one text.
    if (!target || !vhost.tls || vhost.macro || given.has(vhost.section)) continue;
    given.add(vhost.section);
    const added = target.added.filter((name) => !vhost.names.includes(name));
    if (added.length > 0) edits.add(vhost.file, atEnd(vhost.file, vhost.section, nameLines(vhost, added)));
    giveCertificate(reading.vhosts, vhost, wish, edits);
    notes.push(`Changed vhost at ${vhost.file.path} for ${target.names.join(', ')}${wish.certificates.map(({ certificate, privkey }) => `\n\tSSLCertificateFile ${certificate}\n\tSSLCertificateKeyFile ${privkey}`).join('')}`);
  }
  for (const [path, own] of edits.all()) texts.set(path, spliced(reading.tree.files.get(path)?.text ?? '', own));
  return { files: filesOf(texts, before, ways), links: enabled.links, notes, warnings };
}

/** Files as they were and will be. */
export function filesOf(texts: ReadonlyMap<string, string>, before: Reading, ways: Pick<DeployWays, 'textOf'>): ServerChange['files'] {
  return [...texts].map(([path, after]) => ({ path, before: before.tree.files.get(path)?.text ?? ways.textOf(path), after })).filter(({ before: text, after }) => text !== after);
}

/** A file of an earlier run that is not loaded (its site was disabled): does it hold the TLS host already? */
function alreadyThere(path: string, text: string, { names }: Vhost, httpsPort: number): boolean {
  try {
    const file = { path, text, nodes: readApache(text) };
    return vhostsOf({ statements: asWritten(file, file.nodes, false) }, httpsPort).some((other) => other.tls && other.names.some((name) => names.includes(name)));
  } catch {
    return false;
  }
}

/** Has new files loaded: by what includes their folder already, else by a link, else by a line in the root file. */
export function enable(paths: readonly string[], texts: Map<string, string>, planned: Planned, { sitesEnabled, reread }: Pick<DeployWays, 'sitesEnabled' | 'reread'>): { reading: Reading; links: ServerChange['links']; notes: readonly string[] } {
  const links = new Map<string, string>();
  const read = (): Reading => reread({ texts: new Map([...planned.texts, ...texts]), links: new Map([...planned.links, ...links]), modules: planned.modules });
  let reading = read();
  const missing = paths.filter((path) => !reading.tree.files.has(path));
  if (missing.length === 0) return { reading, links: [], notes: [] };
  if (sitesEnabled !== null) {
    for (const path of missing) links.set(join(sitesEnabled, basename(path)), path);
    reading = read();
    // Where that folder is not read, a link is no use.
    for (const [link, path] of links) if (!reading.tree.files.has(path)) links.delete(link);
  }
  const left = missing.filter((path) => !reading.tree.files.has(path));
  if (left.length > 0) {
    const { root } = reading.tree;
    texts.set(root.path, spliced(root.text, [atFileEnd(root, left.map((path) => `Include ${quoted(pathText(path))}`))]));
    reading = read();
  }
  return { reading, links: [...links].map(([path, target]) => ({ path, target })), notes: missing.map((path) => `Enabled site ${path}`) };
}
