import type { PluginValue } from '../../core/settings.js';
import type { PluginOption } from '../contract.js';

/** Answers which blocks or hosts get the certificate, where only a person can tell. */
export const PLACES_FLAG = '--nginx-blocks';

/** certbot's options of its nginx plugin, and one of ours that answers what it can only ask. */
export const nginxOptions: readonly PluginOption[] = [
  { flags: ['--nginx-server-root'], dest: 'nginx_server_root', kind: 'string', metavar: 'NGINX_SERVER_ROOT', help: 'Folder of nginx.conf.', default: serverRoot() },
  { flags: ['--nginx-ctl'], dest: 'nginx_ctl', kind: 'string', metavar: 'NGINX_CTL', help: 'The nginx program, for testing, reloading and starting.', default: 'nginx' },
  { flags: ['--nginx-sleep-seconds'], dest: 'nginx_sleep_seconds', kind: 'int', metavar: 'SECONDS', help: 'The longest time that is waited after a reload until nginx answers by its new configuration.', default: 1 },
  { flags: [PLACES_FLAG], dest: 'nginx_blocks', kind: 'list', metavar: 'FILE:LINE', help: 'Server blocks that get the certificate of a wildcard name, or the one that is copied for a name in none; several times.' },
];

export interface NginxSettings {
  serverRoot: string;
  ctl: string;
  sleepSeconds: number;
  blocks: readonly string[];
}

export function nginxSettings(options: Readonly<Record<string, PluginValue>>): NginxSettings {
  const blocks = options['nginx_blocks'];
  return {
    serverRoot: String(options['nginx_server_root'] ?? serverRoot()),
    ctl: String(options['nginx_ctl'] ?? 'nginx'),
    sleepSeconds: Number(options['nginx_sleep_seconds'] ?? 1),
    blocks: Array.isArray(blocks) ? blocks.map(String) : typeof blocks === 'string' ? [blocks] : [],
  };
}

function serverRoot(): string {
  if (process.platform === 'freebsd' || process.platform === 'darwin') return '/usr/local/etc/nginx';
  return process.platform === 'netbsd' ? '/usr/pkg/etc/nginx' : '/etc/nginx';
}
