import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'ini';
import { PluginError } from '../../core/errors.js';
import { printableLine } from '../../system/printable.js';

/** Settings of one profile by their lower-case names: `role_arn`. */
export type AwsProfile = Readonly<Record<string, string>>;

/**
 * The profiles of ~/.aws/credentials and ~/.aws/config (or the files that AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name); what
 * the first says goes before what the second says. Throws PluginError for a file that is there and may not be read.
 */
export function awsProfiles(plugin: string, environment: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, AwsProfile> {
  const home = environment['HOME'] ?? homedir();
  const place = (variable: string, usual: string): string => (environment[variable] || join(home, '.aws', usual)).replace(/^~(?=\/)/, home);
  const profiles = new Map<string, AwsProfile>();
  for (const [section, values] of sectionsOf(plugin, place('AWS_CONFIG_FILE', 'config'))) {
    const name = /^profile\s+(["']?)(.+)\1$/.exec(section)?.[2] ?? (section === 'default' ? section : undefined);
    if (name !== undefined) profiles.set(name, { ...profiles.get(name), ...values });
  }
  for (const [name, values] of sectionsOf(plugin, place('AWS_SHARED_CREDENTIALS_FILE', 'credentials'))) profiles.set(name, { ...profiles.get(name), ...values });
  return profiles;
}

function sectionsOf(plugin: string, path: string): readonly (readonly [string, AwsProfile])[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw new PluginError(plugin, `The AWS profile file ${printableLine(path)} cannot be read (${code ?? 'unknown'}).`, { hint: 'Run it as the user who owns the file, or name another one.' });
  }
  // A dot in the name of a section means nothing to AWS.
  const sections = parse(text.replace(/^\s*\[[^\]\n]*\]/gm, (header) => header.replaceAll('.', '\\.')));
  return Object.entries(sections).flatMap(([name, section]) => (typeof section === 'object' && section !== null ? [[name.trim(), textsOf(section)] as const] : []));
}

function textsOf(section: object): AwsProfile {
  return Object.fromEntries(Object.entries(section).flatMap(([name, value]) => (typeof value === 'string' && value !== '' ? [[name.toLowerCase(), value] as const] : [])));
}
