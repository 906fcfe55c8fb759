import { savedAuthenticators } from './authenticators-by-name.js';
import { isSet, type OptionValues, type PluginValue, type Settings } from '../settings.js';

/** A lineage's saved parameters as they are read: text, lists, and `webroot_map`. */
export type SavedParams = Readonly<Record<string, unknown>>;

type Kind = 'text' | 'int' | 'bool' | 'list';

/** Options of [renewalparams] by certbot's name (F26), with their type; `deploy_hook` and `renew_hook` are one (F27). */
const options: Readonly<Record<string, readonly [keyof OptionValues, Kind]>> = {
  user_agent: ['userAgent', 'text'],
  server: ['server', 'text'],
  account: ['account', 'text'],
  authenticator: ['authenticator', 'text'],
  installer: ['installer', 'text'],
  pre_hook: ['preHook', 'text'],
  post_hook: ['postHook', 'text'],
  deploy_hook: ['deployHook', 'text'],
  renew_hook: ['deployHook', 'text'],
  http01_address: ['http01Address', 'text'],
  preferred_chain: ['preferredChain', 'text'],
  key_type: ['keyType', 'text'],
  elliptic_curve: ['ellipticCurve', 'text'],
  preferred_profile: ['preferredProfile', 'text'],
  required_profile: ['requiredProfile', 'text'],
  rsa_key_size: ['rsaKeySize', 'int'],
  http01_port: ['http01Port', 'int'],
  must_staple: ['mustStaple', 'bool'],
  allow_subset_of_names: ['allowSubsetOfNames', 'bool'],
  reuse_key: ['reuseKey', 'bool'],
  autorenew: ['autorenew', 'bool'],
  pref_challs: ['prefChalls', 'list'],
  'certwright.challenge_alias': ['challengeAliases', 'list'],
  'certwright.dns_resolver': ['dnsResolvers', 'list'],
  'certwright.dns_propagation_timeout': ['dnsPropagationTimeout', 'int'],
};

/** The same by certbot's name and ours, each once. */
export const savedOptions: readonly (readonly [string, keyof OptionValues])[] = Object.entries(options)
  .filter(([name]) => name !== 'renew_hook')
  .map(([name, [option]]) => [name, option] as const);

/**
 * The settings under which a lineage is renewed: what it was obtained with, unless this command line or configuration file
 * says otherwise (S82, S95). Values of the file count as set ('inherited'), so they are saved again. `key_type` missing is
 * RSA (F29). An authenticator in a configuration file leaves the names alone that were given to several of them. Throws nothing: what has the wrong type is left out, as certbot does with what it does not know.
 */
export function renewalSettings(asked: Settings, name: string, fromFile: SavedParams): Settings {
  const params = withoutPackages(fromFile);
  const values: Partial<Record<keyof OptionValues, unknown>> = {};
  const plugin: Record<string, PluginValue> = {};
  const sources: Record<string, 'inherited'> = {};
  const elsewhere = rehearsedElsewhere(asked, params['server']);
  for (const [saved, [option, kind]] of Object.entries({ ...options, key_type: ['keyType', 'text'] as const })) {
    const value = cast(saved === 'key_type' ? (params[saved] ?? 'rsa') : params[saved], kind);
    if (value === undefined || isSet(asked, option) || (elsewhere && (saved === 'server' || saved === 'account'))) continue;
    values[option] = saved === 'server' ? presentServer(String(value)) : value;
    sources[option] = 'inherited';
  }
  const beside = isSet(asked, 'authenticator') && asked.sources['authenticator'] !== 'file' ? null : savedAuthenticators(params);
  if (beside) {
    Object.assign(values, { authenticator: params['authenticator'], authenticatorMap: beside.names });
    sources['authenticator'] = sources['authenticatorMap'] = 'inherited';
  }
  const chosen = values['authenticator'] ?? asked.values.authenticator;
  const prefixes = [chosen, values['installer'], ...Object.values(beside?.names ?? {})].filter((part): part is string => typeof part === 'string').map((part) => `${part.replaceAll('-', '_')}_`);
  const all = { ...params, ...beside?.options, ...(Object.keys(beside?.webrootMap ?? {}).length > 0 ? { webroot_map: beside?.webrootMap } : {}) };
  for (const [saved, value] of Object.entries(all)) {
    if (isSet(asked, saved) || !prefixes.some((prefix) => saved.startsWith(prefix))) continue;
    const kept = pluginValue(saved, value);
    if (kept === undefined) continue;
    plugin[saved] = kept;
    sources[saved] = 'inherited';
  }
  return {
    ...asked,
    values: { ...asked.values, ...(values as Partial<OptionValues>), certname: name, domains: [], ipAddresses: [], tos: true },
    plugin: { ...asked.plugin, ...plugin },
    sources: { ...asked.sources, ...sources, certname: 'inherited' },
  };
}

/** C40: before certbot 2.0 `certbot-x:y` was plugin y of package certbot-x, and its options were `certbot_x:y_OPTION`. */
function withoutPackages(saved: SavedParams): SavedParams {
  const bare = (text: string): string => text.replace(/^[\w-]+:/, '');
  return Object.fromEntries(Object.entries(saved).map(([name, value]) => [bare(name), /^(authenticator|installer)$/.test(name) && typeof value === 'string' ? bare(value) : value]));
}

/** Let's Encrypt's first protocol is gone; its addresses mean those of the second (C41). */
const successors: Readonly<Record<string, string>> = {
  'https://acme-v01.api.letsencrypt.org/directory': 'https://acme-v02.api.letsencrypt.org/directory',
  'https://acme-staging.api.letsencrypt.org/directory': 'https://acme-staging-v02.api.letsencrypt.org/directory',
};

/** A dry run of what comes from Let's Encrypt asks its test server, the sandbox asks nobody else: no account of the saved CA counts there. */
function rehearsedElsewhere({ values }: Settings, server: unknown): boolean {
  if (typeof server !== 'string' || server === values.server) return false;
  return values.sandbox || (values.dryRun && presentServer(server) === 'https://acme-v02.api.letsencrypt.org/directory');
}

/** The address that a saved one means today. */
export function presentServer(server: string): string {
  return successors[server] ?? server;
}

/** F29: `None` is unset, booleans in any case, a single text counts as a list of one. */
function cast(value: unknown, kind: Kind): string | number | boolean | readonly string[] | undefined {
  if (value === undefined || value === 'None') return undefined;
  if (kind === 'list') {
    const list = (Array.isArray(value) ? value : [value]).map(String).filter((item) => item !== '');
    return list.length > 0 ? list : undefined;
  }
  if (typeof value !== 'string') return undefined;
  if (kind === 'text') return value;
  if (kind === 'int') return /^\d+$/.test(value) ? Number(value) : undefined;
  if (/^true$/i.test(value)) return true;
  return /^false$/i.test(value) ? false : undefined;
}

function pluginValue(name: string, value: unknown): PluginValue {
  if (value === 'None') return undefined;
  if (name === 'webroot_map' && typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, string>;
  if (name === 'webroot_path') return (Array.isArray(value) ? value : [value]).map(String).filter((path) => path !== '');
  if (value === 'True') return true;
  if (value === 'False') return false;
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' ? value : undefined;
}
