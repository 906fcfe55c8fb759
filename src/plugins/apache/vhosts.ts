import { lineAt } from '../server-configuration/lines.js';
import type { Section } from './syntax.js';
import type { ApacheFile, ApacheTree, Statement } from './tree.js';

/** One address of a `<VirtualHost>`. */
export interface Address {
  /** `*`, `_default_`, an IPv4 address, `[…]`, or a host name. */
  host: string;
  /** null = any port. */
  port: number | null;
}

/** A virtual host as the server has it. */
export interface Vhost {
  file: ApacheFile;
  section: Section;
  /** Position in the order in which the server reads the configuration. */
  index: number;
  addresses: readonly Address[];
  /** The last ServerName, without scheme and port; null when it has none. */
  name: string | null;
  /** ServerName and all ServerAlias, lower case. */
  names: readonly string[];
  /** It answers TLS: `SSLEngine on`, or an address on the https port. */
  tls: boolean;
  /** Inside a `<Macro>`: seen, for it may answer a challenge, but never given a certificate. */
  macro: boolean;
  /** What the variables are where it is read. */
  variables: ReadonlyMap<string, string>;
  /** What stands in it directly, conditions decided and includes in place. */
  statements: readonly Statement[];
}

/** One `Listen`. */
export interface Listen {
  /** '' = every address. */
  host: string;
  port: number;
}

/** Every virtual host in the server's order. */
export function vhostsOf({ statements }: Pick<ApacheTree, 'statements'>, httpsPort: number): readonly Vhost[] {
  const seen = new Map<Section, Statement[]>();
  const sections = statements.flatMap((statement) => (statement.name === 'macro' ? statement.children : [statement])).filter(({ name }) => name === 'virtualhost');
  return sections.flatMap((statement, index) => {
    const { node, file, children, macro } = statement;
    if (node.kind !== 'section') return [];
    // A template that is included for several names is several hosts; the same file by two paths is one.
    const known = seen.get(node);
    if (known?.some((other) => meaningOf(other) === meaningOf(statement))) return [];
    seen.set(node, [...(known ?? []), statement]);
    const { addresses, name, names, engine } = whatItSays(statement);
    const tls = engine || addresses.some(({ port }) => port === 443 || port === httpsPort);
    return [{ file, section: node, index, addresses, name, names, tls, macro, variables: statement.variables ?? new Map<string, string>(), statements: children }];
  });
}

/** What was read from a host's lines; most are the same from one reading of the configuration to the next. */
const said = new WeakMap<Statement, Pick<Vhost, 'addresses' | 'name' | 'names'> & { engine: boolean }>();

function whatItSays(statement: Statement): NonNullable<ReturnType<(typeof said)['get']>> {
  const known = said.get(statement);
  if (known) return known;
  const { values, children, macro } = statement;
  const name = macro ? null : serverName(children);
  const found = {
    addresses: values.map(addressOf),
    name,
    names: macro ? [] : [...new Set([...(name === null ? [] : [name]), ...valuesOf(children, 'serveralias').flat().map((alias) => alias.toLowerCase())])],
    engine: valuesOf(children, 'sslengine').some(([value]) => /^(?:on|optional)$/i.test(value ?? '')),
  };
  said.set(statement, found);
  return found;
}

/** What makes a host another than one that the same lines gave. */
function meaningOf({ values, children }: Statement): string {
  return JSON.stringify([values, valuesOf(children, 'servername'), valuesOf(children, 'serveralias')]);
}

/** The arguments of each such directive, in order. */
export function valuesOf(statements: readonly Statement[], name: string): readonly (readonly string[])[] {
  return statements.filter((statement) => statement.name === name).map(({ values }) => values);
}

function serverName(statements: readonly Statement[]): string | null {
  const last = valuesOf(statements, 'servername').at(-1)?.[0];
  return last === undefined ? null : (/^(?:.+:\/\/)?([^ :$]*)/.exec(last)?.[1] ?? '').toLowerCase();
}

function addressOf(word: string): Address {
  const [, host = '', port] = /^(\[[^\]]*\]|.*?)(?::(\d+|\*))?$/.exec(word) ?? [];
  return { host: host === '' ? '*' : host, port: port === undefined || port === '*' ? null : Number(port) };
}

/** As a `<VirtualHost>` has it. */
export function addressText({ host, port }: Address): string {
  return port === null ? host : `${host}:${port}`;
}

/** Every `Listen` that counts. */
export function listensOf({ statements }: Pick<ApacheTree, 'statements'>): readonly Listen[] {
  return valuesOf(statements, 'listen').flatMap(([word]) => {
    const [, host = '', port = ''] = /^(?:(\[[^\]]*\]|[^:]*):)?(\d+)$/.exec(word ?? '') ?? [];
    return port === '' ? [] : [{ host, port: Number(port) }];
  });
}

/** An address of this machine on which the server answers on that port. */
export function loopbackOf(listens: readonly Listen[], port: number): string {
  const hosts = listens.filter((listen) => listen.port === port).map(({ host }) => host);
  if (hosts.length === 0 || hosts.some((host) => ['', '*', '0.0.0.0'].includes(host))) return '127.0.0.1';
  if (hosts.includes('[::]')) return '::1';
  return (hosts[0] ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1');
}

/** Could this host be asked on that port? */
export function answersOn({ addresses }: Vhost, wanted: number): boolean {
  return addresses.some(({ port }) => port === null || port === wanted);
}

/** How well a host fits a name, by certbot's points: by name 3, by pattern 2, by address 1; 0 = not at all. */
export function fitOf(vhost: Vhost, name: string): number {
  if (vhost.names.includes(name)) return 3;
  if (vhost.names.some((own) => matches(own, name))) return 2;
  return vhost.addresses.some(({ host }) => host.toLowerCase() === name) ? 1 : 0;
}

/** A ServerAlias may hold `*` and `?`, each for any characters (ap_strcasecmp_match). */
export function matches(pattern: string, name: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern === name;
  const expression = pattern.replace(/[.+^${}()|\\[\]]/g, '\\$&').replace(/\*+/g, '.*').replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(name);
}

/** `FILE:LINE` of a host. */
export function placeOf({ file, section }: Pick<Vhost, 'file' | 'section'>): string {
  return `${file.path}:${lineAt(file, section.start)}`;
}
