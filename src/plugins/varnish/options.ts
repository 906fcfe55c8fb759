import type { PluginValue } from '../../core/settings.js';
import type { PluginOption } from '../contract.js';

/** Our own names: the plugin that certbot's guide names is not to be had. They are what varnishadm is told (-n, -T, -S). */
export const varnishOptions: readonly PluginOption[] = [
  { flags: ['--varnish-instance'], dest: 'varnish_instance', kind: 'string', metavar: 'NAME', help: 'Name or folder of the instance (varnishd -n); without it, the only one of this machine.' },
  { flags: ['--varnish-admin-address'], dest: 'varnish_admin_address', kind: 'string', metavar: 'ADDRESS:PORT', help: 'Where its administration listens (varnishd -T), when it cannot be found by its name.' },
  { flags: ['--varnish-secret-file'], dest: 'varnish_secret_file', kind: 'path', metavar: 'FILE', help: 'The secret for that address (varnishd -S).' },
];

/** The words with which varnishadm finds the instance. */
export function connectionWords(options: Readonly<Record<string, PluginValue>>): readonly string[] {
  const words = (flag: string, dest: string): readonly string[] => {
    const value = options[dest];
    return typeof value === 'string' && value !== '' ? [flag, value] : [];
  };
  return [...words('-n', 'varnish_instance'), ...words('-T', 'varnish_admin_address'), ...words('-S', 'varnish_secret_file')];
}
