import { isSet, type PluginValue, type Settings } from '../settings.js';
import { authenticatorMapOf } from './authenticators-by-name.js';
import type { KeyPlan, Proof, RenewalValue } from './plan.js';

/** Options that certbot keeps in [renewalparams] when a person set them (F26), under certbot's own names; `certwright.` is our own section. */
const kept = {
  configDir: 'config_dir',
  logsDir: 'logs_dir',
  workDir: 'work_dir',
  userAgent: 'user_agent',
  http01Address: 'http01_address',
  http01Port: 'http01_port',
  preferredChain: 'preferred_chain',
  preferredProfile: 'preferred_profile',
  requiredProfile: 'required_profile',
  rsaKeySize: 'rsa_key_size',
  ellipticCurve: 'elliptic_curve',
  mustStaple: 'must_staple',
  allowSubsetOfNames: 'allow_subset_of_names',
  reuseKey: 'reuse_key',
  autorenew: 'autorenew',
  prefChalls: 'pref_challs',
  preHook: 'pre_hook',
  postHook: 'post_hook',
  deployHook: 'renew_hook', // F27
  challengeAliases: 'certwright.challenge_alias',
  dnsResolvers: 'certwright.dns_resolver',
  dnsPropagationTimeout: 'certwright.dns_propagation_timeout',
} as const;

/**
 * What the renewal file will say in [renewalparams]: always `server` and `key_type`, the plugins, what a person set, and
 * the options that carry the prefix of the authenticator or installer. Authenticators beside the main one, with their names and options,
 * go into our own section. `account` is added once it is known.
 */
export function renewalParams(
  settings: Settings,
  chosen: { authenticator: string; installer: string | null; key: KeyPlan; account: string | null; webrootMap: Readonly<Record<string, string>>; proofs: readonly Proof[] },
): Record<string, RenewalValue> {
  const params: Record<string, RenewalValue> = {};
  if (chosen.account !== null) params['account'] = chosen.account;
  for (const [option, name] of Object.entries(kept)) {
    const value = settings.values[option as keyof typeof kept];
    if (isSet(settings, option) && value !== undefined) params[name] = value;
  }
  params['authenticator'] = chosen.authenticator;
  if (chosen.installer !== null) params['installer'] = chosen.installer;
  params['server'] = settings.values.server;
  params['key_type'] = chosen.key.type;
  Object.assign(params, optionsOf(settings, [chosen.authenticator, ...(chosen.installer === null ? [] : [chosen.installer])]));
  const folders = Object.fromEntries(chosen.proofs.filter(({ authenticator }) => authenticator === 'webroot').map(({ identifier }) => [identifier.value, chosen.webrootMap[identifier.value] ?? '']));
  if (chosen.authenticator === 'webroot') {
    params['webroot_path'] = [...new Set(Object.values(chosen.webrootMap))];
    params['webroot_map'] = folders;
  }
  const names = Object.entries(authenticatorMapOf(chosen.proofs)).filter(([, authenticator]) => authenticator !== chosen.authenticator);
  if (names.length === 0) return params;
  params['certwright.main_authenticator'] = chosen.authenticator;
  params['certwright.authenticators'] = Object.fromEntries(names);
  const others = Object.entries(optionsOf(settings, names.map(([, authenticator]) => authenticator))).filter(([dest]) => !(dest in params));
  if (others.length > 0) params['certwright.authenticator_options'] = Object.fromEntries(others.map(([dest, value]) => [dest, text(value)]));
  if (chosen.authenticator !== 'webroot' && Object.keys(folders).length > 0) params['certwright.webroot_map'] = folders;
  return params;
}

/** Options of these plugins that a person set; web folders are said for each name. */
function optionsOf(settings: Settings, plugins: readonly string[]): Record<string, Exclude<PluginValue, undefined>> {
  const prefixes = plugins.map((name) => `${name.replaceAll('-', '_')}_`);
  const all: Record<string, Exclude<PluginValue, undefined>> = {};
  for (const [dest, value] of Object.entries(settings.plugin)) {
    if (dest.startsWith('webroot_') || value === undefined || !prefixes.some((prefix) => dest.startsWith(prefix))) continue;
    if (isSet(settings, dest)) all[dest] = value;
  }
  return all;
}

/** F29: as certbot writes values. */
function text(value: Exclude<PluginValue, undefined>): string | readonly string[] {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return Array.isArray(value) ? (value as readonly string[]) : String(value);
}
