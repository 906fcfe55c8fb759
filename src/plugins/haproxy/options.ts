import { existsSync } from 'node:fs';
import type { PluginValue } from '../../core/settings.js';
import { findProgram } from '../../system/hook-command.js';
import type { PluginOption } from '../contract.js';

/** The word for both halves: `-a haproxy -i haproxy`. */
export const HAPROXY_ALIAS = 'haproxy';

export const PORT_FLAG = '--haproxy-authenticator-haproxy-http-01-port';
const INNER_PORT = 8000;
const FOLDER = '/opt/certbot/haproxy_fullchains';
const CONFIGURATION = '/etc/haproxy/haproxy.cfg';

/** Options of certbot-haproxy 0.2 (its authenticator), in its spelling. */
export const authenticatorOptions: readonly PluginOption[] = [
  { flags: ['--certbot-haproxy:haproxy-authenticator-haproxy-http-01-port', PORT_FLAG], dest: 'haproxy_authenticator_haproxy_http_01_port', kind: 'int', metavar: 'PORT', help: 'Port of this machine to which HAProxy forwards /.well-known/acme-challenge/.', default: INNER_PORT },
];

const installerOption = (name: string, kind: PluginOption['kind'], metavar: string | null, help: string, usual?: PluginValue): PluginOption => ({
  flags: [`--certbot-haproxy:haproxy-installer-${name}`, `--haproxy-installer-${name}`],
  dest: `haproxy_installer_${name.replaceAll('-', '_')}`,
  kind,
  ...(metavar === null ? {} : { metavar }),
  help,
  ...(usual === undefined ? {} : { default: usual }),
});

/** Options of certbot-haproxy 0.1 (its installer), in its spelling, and one of ours for the Runtime API. */
export const installerOptions: readonly PluginOption[] = [
  installerOption('haproxy-crt-dir', 'path', 'DIR', 'Folder that HAProxy loads (bind … ssl crt DIR): for each name it gets a file with chain and private key.', FOLDER),
  installerOption('haproxy-config', 'path', 'FILE', 'The configuration, tested before a reload.', CONFIGURATION),
  installerOption('haproxy-restart', 'string', 'COMMAND', 'Has HAProxy read the folder anew.', reloadCommand()),
  installerOption('haproxy-socket', 'string', 'PATH|ADDRESS:PORT', 'The runtime socket (stats socket … level admin): certificates are exchanged in the running process, without a reload.'),
  installerOption('no-fall-back-cert', 'bool', null, 'No __fallback.pem, a certificate of nobody that lets HAProxy start with an empty folder.', false),
  installerOption('haproxy-ca-common-name', 'string', 'NAME', 'Accepted for old commands; it has no effect.'),
];

export interface HaproxySettings {
  folder: string;
  configuration: string;
  reload: string;
  /** null = none is named. */
  socket: string | null;
  fallback: boolean;
}

export function haproxySettings(options: Readonly<Record<string, PluginValue>>): HaproxySettings {
  const socket = options['haproxy_installer_haproxy_socket'];
  return {
    folder: String(options['haproxy_installer_haproxy_crt_dir'] ?? FOLDER),
    configuration: String(options['haproxy_installer_haproxy_config'] ?? CONFIGURATION),
    reload: String(options['haproxy_installer_haproxy_restart'] ?? reloadCommand()),
    socket: typeof socket === 'string' && socket !== '' ? socket : null,
    fallback: options['haproxy_installer_no_fall_back_cert'] !== true,
  };
}

/** Are the program and its configuration on this machine? */
export function haproxyHere(options: Readonly<Record<string, PluginValue>>): boolean {
  return existsSync(haproxySettings(options).configuration) && findProgram('haproxy', process.env['PATH']) !== null;
}

/** Where the standalone server listens behind HAProxy. */
export function innerPort(options: Readonly<Record<string, PluginValue>>): number {
  return Number(options['haproxy_authenticator_haproxy_http_01_port'] ?? INNER_PORT);
}

/** certbot-haproxy restarts, which drops connections; a reload does not. */
function reloadCommand(): string {
  return existsSync('/run/systemd/system') ? 'systemctl reload haproxy' : 'service haproxy reload';
}
