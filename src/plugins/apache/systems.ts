import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where Apache has what, and how it is told, on one family of systems (certbot 5.5's table). */
export interface ApacheSystem {
  serverRoot: string;
  vhostRoot: string;
  logsRoot: string;
  /** The control script: `configtest`, `graceful`. */
  ctl: string;
  /** The server itself, where the control script does not take its options. */
  bin: string | null;
  challengeLocation: string;
  enmod: string | null;
  dismod: string | null;
  handleModules: boolean;
  handleSites: boolean;
  /** What is tried when `graceful` fails. */
  otherRestart: boolean;
  /** A file of the shell and the variable in it that holds `-D` options of the server. */
  defines: { file: string; variable: string } | null;
  /** Runs once when the configuration of a fresh installation does not pass: it makes the certificate that its default TLS host names. */
  repair: readonly string[] | null;
}

const generic: ApacheSystem = {
  serverRoot: '/etc/apache2',
  vhostRoot: '/etc/apache2/sites-available',
  logsRoot: '/var/log/apache2',
  ctl: 'apache2ctl',
  bin: null,
  challengeLocation: '/etc/apache2',
  enmod: null,
  dismod: null,
  handleModules: false,
  handleSites: false,
  otherRestart: false,
  defines: null,
  repair: null,
};
const debian: ApacheSystem = { ...generic, enmod: 'a2enmod', dismod: 'a2dismod', handleModules: true, handleSites: true };
const httpd = { serverRoot: '/etc/httpd', vhostRoot: '/etc/httpd/conf.d', logsRoot: '/var/log/httpd', challengeLocation: '/etc/httpd/conf.d', ctl: 'apachectl' };
const sysconfig = { file: '/etc/sysconfig/httpd', variable: 'OPTIONS' };
const redHat: ApacheSystem = { ...generic, ...httpd, otherRestart: true, defines: sysconfig };
const fedora: ApacheSystem = { ...redHat, bin: 'httpd', repair: ['systemctl', 'restart', 'httpd'] };
const suse: ApacheSystem = { ...generic, vhostRoot: '/etc/apache2/vhosts.d', challengeLocation: '/etc/apache2/vhosts.d', ctl: 'apachectl' };
const gentoo: ApacheSystem = { ...generic, vhostRoot: '/etc/apache2/vhosts.d', challengeLocation: '/etc/apache2/vhosts.d', otherRestart: true, defines: { file: '/etc/conf.d/apache2', variable: 'APACHE2_OPTS' } };
const arch: ApacheSystem = { ...generic, ...httpd, vhostRoot: '/etc/httpd/conf', challengeLocation: '/etc/httpd/conf' };
const alpine: ApacheSystem = { ...generic, vhostRoot: '/etc/apache2/conf.d', challengeLocation: '/etc/apache2/conf.d', ctl: 'apachectl' };
const voidLinux: ApacheSystem = { ...generic, serverRoot: '/etc/apache', vhostRoot: '/etc/apache/extra', logsRoot: '/var/log/httpd', challengeLocation: '/etc/apache/extra', ctl: 'apachectl' };
const darwin: ApacheSystem = { ...generic, vhostRoot: '/etc/apache2/other', challengeLocation: '/etc/apache2/other', ctl: 'apachectl' };

const known: Readonly<Record<string, ApacheSystem>> = {
  debian,
  ubuntu: debian,
  linuxmint: debian,
  fedora,
  centos: redHat,
  'centos linux': redHat,
  rhel: redHat,
  'red hat enterprise linux server': redHat,
  redhatenterpriseserver: redHat,
  cloudlinux: redHat,
  ol: redHat,
  oracle: redHat,
  amazon: redHat,
  amzn: redHat,
  scientific: redHat,
  'scientific linux': redHat,
  suse,
  opensuse: suse,
  'opensuse-leap': suse,
  'opensuse-tumbleweed': suse,
  sles: suse,
  gentoo,
  arch,
  alpine,
  void: voidLinux,
  darwin,
};

/** The row for a system: its own name, else the first of those that it is like; a relative nobody knows is the generic one. */
export function systemOf({ id, like, version }: { id: string; like: readonly string[]; version: string }): ApacheSystem {
  const word = [id, ...like].find((each) => Object.hasOwn(known, each.toLowerCase()));
  const found = word === undefined ? generic : (known[word.toLowerCase()] ?? generic);
  const major = Number(version.split('.')[0]);
  if (found === fedora && word === id && major < 29) return redHat;
  // From release 9 on apachectl takes no options of the server any more.
  return found === redHat && major >= 9 ? { ...redHat, bin: 'httpd' } : found;
}

/** The system this runs on. */
export function thisSystem(): ApacheSystem {
  if (process.platform === 'darwin') return darwin;
  try {
    const text = readFileSync('/etc/os-release', 'utf8');
    const value = (name: string): string => new RegExp(`^${name}=(["']?)(.*)\\1$`, 'm').exec(text)?.[2] ?? '';
    return systemOf({ id: value('ID'), like: value('ID_LIKE').split(/\s+/).filter((word) => word !== ''), version: value('VERSION_ID') });
  } catch {
    return generic;
  }
}

/** The `-D` words of a variable in a file of the shell, as `OPTIONS="-D NAME -D OTHER=value"`. */
export function definesIn(text: string, variable: string): ReadonlyMap<string, string> {
  const line = new RegExp(`^\\s*(?:export\\s+)?${variable}=(["']?)(.*?)\\1\\s*$`, 'm').exec(text)?.[2] ?? '';
  const defines = new Map<string, string>();
  for (const [, name = '', value = ''] of line.matchAll(/-D\s*([^\s=]+)(?:=(\S+))?/g)) defines.set(name, value);
  return defines;
}

/** The root file below a server root: the first of certbot's three that is there; null when there is none. */
export function rootFileIn(serverRoot: string): string | null {
  return ['apache2.conf', 'httpd.conf', 'conf/httpd.conf'].map((name) => join(serverRoot, name)).find((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true) ?? null;
}
