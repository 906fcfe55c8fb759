import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PluginError } from '../../core/errors.js';
import type { ServerChange } from '../contract.js';
import type { ApacheSettings } from './options.js';

/** How modules are enabled here; null = only a person can. */
export interface ModuleTools {
  enmod: string;
  dismod: string;
  serverRoot: string;
}

/** What must be there before a module is (the Depends lines of Debian's mods-available, which a2enmod follows too). */
const BEFORE: Readonly<Record<string, readonly string[]>> = { ssl: ['setenvif', 'mime'] };

/** The folder that a2enmod works in unless it is told otherwise. */
const USUAL_ROOT = '/etc/apache2';

/**
 * The commands that enable these modules where they are missing, each with the one that undoes it. Throws PluginError, in
 * certbot's words, where nothing may be enabled.
 */
export function enabling(wanted: readonly string[], loaded: ReadonlySet<string>, tools: ModuleTools | null): { modules: readonly string[]; commands: ServerChange['commands'] } {
  const missing = [...new Set(wanted.flatMap((name) => (loaded.has(`${name}_module`) ? [] : [...(BEFORE[name] ?? []), name])))].filter((name) => !loaded.has(`${name}_module`));
  const [first] = missing;
  if (first === undefined) return { modules: [], commands: [] };
  if (!tools) {
    if (first === 'socache_shmcb' && loaded.has('ssl_module')) return { modules: [], commands: [] };
    if (missing.includes('ssl')) throw new PluginError('apache', 'Could not find ssl_module; not installing certificate.', { hint: 'Install the package that has mod_ssl (Fedora, RHEL: mod_ssl) and have it loaded, then run the same command again.' });
    throw new PluginError('apache', `Apache needs to have module "${first}" active for the requested installation options. Unfortunately Certbot is unable to install or enable it for you. Please install the module, and run Certbot again.`);
  }
  const { enmod, dismod, serverRoot } = tools;
  // a2enmod works in /etc/apache2 whatever the server root is, unless it is told.
  const where = serverRoot === USUAL_ROOT ? [] : ['env', `APACHE_CONFDIR=${serverRoot}`, `APACHE_STATE_DIRECTORY=${join(serverRoot, 'state')}`];
  return {
    modules: missing.map((name) => `${name}_module`),
    commands: missing.map((name) => ({ run: [...where, enmod, name], undo: [...where, dismod, '-f', name] })),
  };
}

/** The tools of this system; null where a person has to enable modules. */
export function moduleTools({ handleModules, enmod, dismod, serverRoot }: ApacheSettings): ModuleTools | null {
  if (!handleModules || enmod === null || dismod === null) return null;
  if (!existsSync(join(serverRoot, 'mods-available')) || !existsSync(join(serverRoot, 'mods-enabled'))) return null;
  return { enmod, dismod, serverRoot };
}
