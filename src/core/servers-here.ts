import { readFileSync, realpathSync } from 'node:fs';
import { relative } from 'node:path';
import { readCertificate } from '../crypto/certificate.js';
import type { PluginDescriptor, ServedName } from '../plugins/contract.js';
import type { ServedNameFact, ServerFact } from './decide/facts.js';
import { CertwrightError } from './errors.js';
import { openInstaller } from './installation.js';
import { parseName } from './names.js';
import { isSet, type Settings } from './settings.js';
import type { World } from './world.js';

/**
 * The web servers of this machine with the names in their configuration: what can be used first. Nothing is changed. In a sandbox, where
 * nothing is real, only those whose own options are given. Never throws for what a server says: that is its `fault`.
 */
export async function serversHere(settings: Settings, world: World): Promise<readonly ServerFact[]> {
  const found: ServerFact[] = [];
  for (const plugin of world.plugins) {
    const { server } = plugin;
    const root = rootHere(plugin, settings, world);
    if (server && root !== null) found.push(await look(plugin, { label: server.label, root }, settings, world));
  }
  return found.sort((a, b) => Number(a.fault !== undefined) - Number(b.fault !== undefined));
}

/** The folder of the configuration of this plugin's server; null = it is not on this machine or, in a sandbox, not meant by options of its own. */
export function rootHere({ server, options }: PluginDescriptor, settings: Settings, { sandbox }: World): string | null {
  if (!server || (sandbox !== null && !options.some(({ dest }) => isSet(settings, dest)))) return null;
  return server.root(settings.plugin);
}

async function look(plugin: PluginDescriptor, { label, root }: { label: string; root: string }, settings: Settings, world: World): Promise<ServerFact> {
  const { http01Port, http01Address } = settings.values;
  const fit = await plugin.fit({ identifiers: [], http01Port, ...(http01Address === undefined ? {} : { http01Address }), options: settings.plugin });
  const is = { plugin: plugin.name, label };
  try {
    const installer = await openInstaller({ ...settings, values: { ...settings.values, installer: plugin.name } }, world);
    return { ...is, ...(fit.fits ? {} : { fault: fit.reason }), ...namesFact(installer.names(), realpathSync(root)) };
  } catch (error) {
    if (!(error instanceof CertwrightError) || error.code === 'cancelled') throw error;
    return { ...is, fault: faultText(error.message, label), names: [], patterns: [] };
  }
}

/** Why a server cannot be read, on a line; of a configuration that it rejects what it says of a file and a line. */
function faultText(message: string, label: string): string {
  const said = /^.*\bin (?:\/.*:\d+)$|^.*\bon line \d+ of .*:\n?.*$/m.exec(message)?.[0];
  const short = (said ?? message).replace(/\s*\n\s*/g, ' ').replace(/^.*?\[\w+\] (?:\d+#\d+: )?/, '');
  return said === undefined ? short : `${label} does not accept its own configuration: ${short}`;
}

/** Each name once: that it has https somewhere is what counts. */
function namesFact(served: readonly ServedName[], root: string): Pick<ServerFact, 'names' | 'patterns'> {
  const names = new Map<string, ServedNameFact>();
  const patterns = new Set<string>();
  const ends = new Map<string, number | null>();
  for (const { name, pattern, tls, place, certificate } of served) {
    const at = place.startsWith(`${root}/`) ? relative(root, place) : place;
    if (pattern) {
      patterns.add(name);
      continue;
    }
    const parsed = parseName(name);
    // Addresses, and what no certificate can hold.
    if ('message' in parsed || parsed.type !== 'dns') continue;
    const known = names.get(name);
    if (known?.tls) continue;
    if (certificate !== undefined && !ends.has(certificate)) ends.set(certificate, endOf(certificate));
    const until = certificate === undefined ? null : (ends.get(certificate) ?? null);
    if (tls || !known) names.set(name, { name, place: at, tls, ...(until === null ? {} : { until }) });
  }
  return { names: [...names.values()], patterns: [...patterns] };
}

function endOf(path: string): number | null {
  try {
    return readCertificate(readFileSync(path)).notAfter.getTime();
  } catch {
    return null;
  }
}
