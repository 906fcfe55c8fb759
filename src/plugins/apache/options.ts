import type { PluginValue } from '../../core/settings.js';
import type { PluginOption } from '../contract.js';
import { thisSystem } from './systems.js';

const system = thisSystem();

const flag = (name: string, help: string, fallback?: string): PluginOption => ({
  flags: [`--apache-${name}`],
  dest: `apache_${name.replaceAll('-', '_')}`,
  kind: 'string',
  metavar: `APACHE_${name.replaceAll('-', '_').toUpperCase()}`,
  help,
  ...(fallback === undefined ? {} : { default: fallback }),
});

/** Answers which blocks or hosts get the certificate, where only a person can tell. */
export const PLACES_FLAG = '--apache-vhosts';

/** certbot's options of its Apache plugin, and one of ours that answers what it can only ask. */
export const apacheOptions: readonly PluginOption[] = [
  flag('enmod', "Path to the program 'a2enmod'.", system.enmod ?? undefined),
  flag('dismod', "Path to the program 'a2dismod'.", system.dismod ?? undefined),
  flag('le-vhost-ext', 'How the file of a new TLS virtual host ends.', '-le-ssl.conf'),
  flag('server-root', 'Folder of apache2.conf or httpd.conf.', system.serverRoot),
  flag('vhost-root', 'Folder for the files of new virtual hosts; beside the one that they are made from when it is not given.'),
  flag('logs-root', "Folder of the server's logs.", system.logsRoot),
  flag('challenge-location', 'Folder for the configuration that answers challenges.', system.challengeLocation),
  flag('handle-modules', 'Whether modules that are needed are enabled: True or False (Debian and its relatives only).', system.handleModules ? 'True' : 'False'),
  flag('handle-sites', 'Whether new sites are enabled by a link: True or False (Debian and its relatives only).', system.handleSites ? 'True' : 'False'),
  flag('ctl', 'The control script, for testing, reloading and starting.', system.ctl),
  flag('bin', 'The server program, where the control script does not take its options.', system.bin ?? undefined),
  { flags: [PLACES_FLAG], dest: 'apache_vhosts', kind: 'list', metavar: 'FILE:LINE', help: 'Virtual hosts that get the certificate of a wildcard name, or of a name in none; several times.' },
];

export interface ApacheSettings {
  serverRoot: string;
  /** null = beside the file that a new host is made from. */
  vhostRoot: string | null;
  /** Where hosts that are made from none go. */
  newVhostRoot: string;
  logsRoot: string;
  challengeLocation: string;
  extension: string;
  ctl: string;
  bin: string;
  enmod: string | null;
  dismod: string | null;
  handleModules: boolean;
  handleSites: boolean;
  vhosts: readonly string[];
}

export function apacheSettings(options: Readonly<Record<string, PluginValue>>): ApacheSettings {
  const given = (name: string): string | null => {
    const value = options[`apache_${name}`];
    return value === undefined || value === null || value === '' ? null : String(value);
  };
  const says = (name: string, fallback: boolean): boolean => (given(name) === null ? fallback : !/^(?:false|no|off|0)$/i.test(given(name) ?? ''));
  const vhosts = options['apache_vhosts'];
  const serverRoot = given('server_root') ?? system.serverRoot;
  // Folders that nobody named go with the server root.
  const located = (name: string, usual: string): string => {
    const folder = given(name) ?? usual;
    return folder === usual && `${usual}/`.startsWith(`${system.serverRoot}/`) ? serverRoot + usual.slice(system.serverRoot.length) : folder;
  };
  const ctl = given('ctl') ?? system.ctl;
  return {
    serverRoot,
    vhostRoot: given('vhost_root'),
    newVhostRoot: located('vhost_root', system.vhostRoot),
    logsRoot: given('logs_root') ?? system.logsRoot,
    challengeLocation: located('challenge_location', system.challengeLocation),
    extension: given('le_vhost_ext') ?? '-le-ssl.conf',
    ctl,
    bin: given('bin') ?? system.bin ?? ctl,
    enmod: given('enmod') ?? system.enmod,
    dismod: given('dismod') ?? system.dismod,
    handleModules: says('handle_modules', system.handleModules),
    handleSites: says('handle_sites', system.handleSites),
    vhosts: Array.isArray(vhosts) ? vhosts.map(String) : typeof vhosts === 'string' ? [vhosts] : [],
  };
}
