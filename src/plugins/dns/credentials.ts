import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { PluginError } from '../../core/errors.js';
import { ConfigSyntaxError } from '../../system/config-syntax-error.js';
import { configTree, parseConfig, type ConfigSection } from '../../system/configobj.js';
import { printableLine } from '../../system/printable.js';
import { readSecret } from '../../system/secret.js';

/** The values of a credentials file. Names are without the prefix of the plugin: `api_token` for `dns_cloudflare_api_token`. */
export interface Credentials {
  /** The absolute path; null when no file was given (ambient credentials). */
  path: string | null;
  /** The value; undefined when it is not there or empty. `env:`, `file:`, `cmd:` and `credential:` are looked up. Throws Refused. */
  get(name: string): Promise<string | undefined>;
  /**
   * All of these, each with a label of what it should be (`{ api_token: 'API token of Cloudflare' }`). Throws PluginError that names
   * all that are missing, in certbot's words.
   */
  require<K extends string>(wanted: Readonly<Record<K, string>>): Promise<Record<K, string>>;
  /** All values that were handed out, longest first: what must never be shown. */
  secrets(): readonly string[];
}

export interface CredentialsWorld {
  /** `dns-cloudflare` */
  plugin: string;
  /** Where credentials are made, for errors. */
  access: string;
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
  log(level: 'warning', message: string): void;
}

/**
 * Reads a credentials file as certbot has it (configobj; keys with the plugin's prefix; C41). Null = there is none, and nothing is in
 * it. `json`: an account file of the provider's own, whose texts are values under their own names. Warns of files that others may
 * read. Throws PluginError.
 */
export function readCredentials(file: string | null, world: CredentialsWorld, format: 'ini' | 'json' = 'ini'): Credentials {
  const { plugin, access, log } = world;
  const path = file === null ? null : resolve(file);
  const values = path === null ? {} : readValues(path, plugin, access, format);
  if (path !== null && othersMay(path)) log('warning', `Unsafe permissions on credentials configuration file: ${printableLine(path)}`);
  return credentialsOf(path, values, world, format);
}

/** The values of a credentials file that is not written yet. */
export function credentialsIn(text: string, world: CredentialsWorld): Credentials {
  return credentialsOf(null, configTree(parseConfig(text)).values, world);
}

function credentialsOf(path: string | null, values: ConfigSection['values'], { plugin, access, env, signal }: CredentialsWorld, format: 'ini' | 'json' = 'ini'): Credentials {
  const prefix = format === 'json' ? '' : `${plugin.replaceAll('-', '_')}_`;
  const handed = new Set<string>();
  const get = async (name: string): Promise<string | undefined> => {
    const raw = values[`${prefix}${name}`];
    const text = typeof raw === 'string' ? raw : raw?.join(', ');
    if (text === undefined || text === '') return undefined;
    // What another program has written says nowhere else where a value is.
    const value = format === 'json' ? text : await readSecret(text, `${prefix}${name}`, { env, ...(signal === undefined ? {} : { signal }) });
    handed.add(value);
    return value;
  };
  return {
    path,
    get,
    async require(wanted) {
      const missing: string[] = [];
      const found: Record<string, string> = {};
      for (const [name, label] of Object.entries<string>(wanted)) {
        const value = await get(name);
        if (value !== undefined) found[name] = value;
        else missing.push(`Property "${prefix}${name}" ${`${prefix}${name}` in values ? 'not set' : 'not found'} (should be ${label}).`);
      }
      if (missing.length > 0) {
        throw new PluginError(plugin, `Missing ${missing.length === 1 ? 'property' : 'properties'} in credentials configuration file ${printableLine(path ?? '(none)')}:\n * ${missing.join('\n * ')}`, { hint: access });
      }
      return found as Record<keyof typeof wanted, string>;
    },
    secrets: () => [...handed].sort((a, b) => b.length - a.length),
  };
}

function readValues(path: string, plugin: string, access: string, format: 'ini' | 'json'): ConfigSection['values'] {
  try {
    if (statSync(path).isDirectory()) throw new PluginError(plugin, `Path is a directory: ${printableLine(path)}`, { hint: access });
    const text = readFileSync(path, 'utf8');
    return format === 'json' ? textsOf(JSON.parse(text)) : configTree(parseConfig(text)).values;
  } catch (error) {
    if (error instanceof PluginError) throw error;
    // The parser's own words repeat a part of the file.
    if (error instanceof SyntaxError) throw new PluginError(plugin, `Error parsing credentials file ${printableLine(path)}: it is no JSON.`, { hint: access });
    // What stands in the line may be a secret: the error says which line, and no more.
    if (error instanceof ConfigSyntaxError) throw new PluginError(plugin, `Error parsing credentials configuration: ${printableLine(path)}, line ${error.line}: ${error.reason}`);
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new PluginError(plugin, `File not found: ${printableLine(path)}`, { hint: access });
    throw new PluginError(plugin, `The credentials file ${printableLine(path)} may not be read (${code ?? 'unknown'}).`, { hint: 'Run it as the user who owns the file (usually root).' });
  }
}

/** The members that are texts. */
function textsOf(json: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(typeof json === 'object' && json !== null ? json : {}).filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** Any right of the world, as certbot has it, or reading for a group other than root's. */
function othersMay(path: string): boolean {
  const { mode, gid } = statSync(path);
  return (mode & 0o007) !== 0 || ((mode & 0o040) !== 0 && gid !== 0);
}
