import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PluginDescriptor } from './contract.js';
import { besideCertwright, findPackages } from './packages.js';
import { builtInPlugins } from './registry.js';

export interface Gathered {
  plugins: readonly PluginDescriptor[];
  /** Packages that are not used and why, a sentence each. */
  warnings: readonly string[];
}

/**
 * Our own plugins, then those of packages beside certwright and in `folders` (--plugin-dir); where there is none this is one look at a folder.
 * `ownFlags`: words that mean something already. A folder that is not there is told, and stops nothing: most certificates need none of it.
 */
export async function gatherPlugins(folders: readonly string[], ownFlags: readonly string[]): Promise<Gathered> {
  const missing = folders.filter((folder) => !existsSync(folder)).map((folder) => `There is no folder ${folder} (--plugin-dir): what is proved or installed by a plugin in it has to wait.`);
  const beside = besideCertwright(fileURLToPath(new URL('..', import.meta.url)));
  const { packages, passedOver } = findPackages([...folders.flatMap((folder) => [folder, join(folder, 'node_modules')]), ...(beside === null ? [] : [beside])], process.getuid?.());
  if (packages.length === 0) return { plugins: builtInPlugins, warnings: [...missing, ...passedOver] };
  const { loadPackage } = await import('./outside-plugin.js');
  const plugins = [...builtInPlugins];
  const warnings = [...missing, ...passedOver];
  for (const each of packages) {
    const taken = { plugins: new Set(plugins.map(({ name }) => name)), flags: new Set([...ownFlags, ...plugins.flatMap(({ options }) => options.flatMap(({ flags }) => flags))]) };
    const loaded = await loadPackage(each, taken);
    plugins.push(...loaded.plugins);
    warnings.push(...loaded.passedOver);
  }
  return { plugins, warnings };
}
