import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../core/errors.js';
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
 * `ownFlags`: words that mean something already. Throws UsageError for a folder that is not there.
 */
export async function gatherPlugins(folders: readonly string[], ownFlags: readonly string[]): Promise<Gathered> {
  const missing = folders.find((folder) => !existsSync(folder));
  if (missing !== undefined) throw new UsageError(`argument --plugin-dir: there is no folder ${missing}.`);
  const beside = besideCertwright(fileURLToPath(new URL('..', import.meta.url)));
  const { packages, passedOver } = findPackages([...folders.flatMap((folder) => [folder, join(folder, 'node_modules')]), ...(beside === null ? [] : [beside])], process.getuid?.());
  if (packages.length === 0) return { plugins: builtInPlugins, warnings: passedOver };
  const { loadPackage } = await import('./outside-plugin.js');
  const plugins = [...builtInPlugins];
  const warnings = [...passedOver];
  for (const each of packages) {
    const taken = { plugins: new Set(plugins.map(({ name }) => name)), flags: new Set([...ownFlags, ...plugins.flatMap(({ options }) => options.flatMap(({ flags }) => flags))]) };
    const loaded = await loadPackage(each, taken);
    plugins.push(...loaded.plugins);
    warnings.push(...loaded.passedOver);
  }
  return { plugins, warnings };
}
