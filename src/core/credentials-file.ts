import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PluginDescriptor } from '../plugins/contract.js';
import { writeNewFile } from '../system/atomic-file.js';
import type { CredentialsWish } from './decide/dns-credentials.js';
import type { Facts } from './decide/facts.js';
import { Refused } from './errors.js';
import type { Identifier } from './identifier.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** The facts with credentials that a person gave, after the provider took them; nothing is written. Throws PluginError, NetworkError, Refused, UsageError. */
export async function withCredentials(facts: Facts, { plugin, values }: CredentialsWish, settings: Settings, world: World, identifiers: readonly Identifier[]): Promise<Facts> {
  const { asked, title } = askedBy(world.plugins, plugin);
  const given = values as Readonly<Record<string, string>>;
  const text = asked.text(given);
  const tried = (state: 'started' | 'done'): void => world.interaction.report({ type: 'credentials-tried', by: title, state });
  tried('started');
  try {
    await asked.check(given, identifiers, { options: settings.plugin, environment: world.env, signal: world.signal, log: world.log });
  } finally {
    tried('done');
  }
  return { ...facts, credentials: { answer: values, path: pathFor(world.dirs.config, plugin, text), text } };
}

/** Writes the file that the plan names, for nobody but its owner from the first byte. It is no fault when it is there with the same text. */
export function writeCredentials({ credentials }: Facts): void {
  if (!credentials || sameText(credentials.path, credentials.text)) return;
  writeNewFile(credentials.path, credentials.text, { mode: 0o600 });
}

/** Beside certbot's own files, as its guide has it: `dns-cloudflare.ini`; with a number where another account's file stands. */
function pathFor(folder: string, plugin: string, text: string): string {
  for (let number = 1; ; number += 1) {
    const path = join(folder, number === 1 ? `${plugin}.ini` : `${plugin}-${number}.ini`);
    if (!existsSync(path) || sameText(path, text)) return path;
  }
}

function sameText(path: string, text: string): boolean {
  return existsSync(path) && readFileSync(path, 'utf8') === text;
}

function askedBy(plugins: readonly PluginDescriptor[], name: string): { asked: NonNullable<PluginDescriptor['credentials']>; title: string } {
  const { credentials: asked, title = name } = plugins.find((plugin) => plugin.name === name) ?? {};
  if (!asked) throw new Refused(`The ${name} plugin asks for no credentials.`);
  return { asked, title };
}
