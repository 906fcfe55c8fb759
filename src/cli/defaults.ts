import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { OptionValues } from '../core/settings.js';

export const PRODUCTION = 'https://acme-v02.api.letsencrypt.org/directory';
export const STAGING = 'https://acme-staging-v02.api.letsencrypt.org/directory';

/** certbot's defaults (5.6), and ours for what it does not have. */
export const defaultValues: OptionValues = {
  domains: [],
  ipAddresses: [],
  addDomains: [],
  removeDomains: [],
  authenticatorMap: {},
  noninteractiveMode: false,
  forceInteractive: false,
  quiet: false,
  verboseCount: 0,
  debug: false,
  plain: false,
  json: false,
  noMotion: false,
  plan: false,
  maxLogBackups: 1000,
  registerUnsafelyWithoutEmail: false,
  tos: false,
  eabHmacAlg: 'HS256',
  server: PRODUCTION,
  staging: false,
  dryRun: false,
  breakMyCerts: false,
  noVerifySsl: false,
  issuanceTimeout: 90,
  mustStaple: false,
  keyType: 'ecdsa',
  ellipticCurve: 'secp256r1',
  rsaKeySize: 2048,
  newKey: false,
  reinstall: false,
  expand: false,
  renewByDefault: false,
  renewWithNewDomains: false,
  duplicate: false,
  allowSubsetOfNames: false,
  prefChalls: [],
  http01Port: 80,
  httpsPort: 443,
  debugChallenges: false,
  noSelfCheck: false,
  challengeAliases: [],
  dnsResolvers: [],
  pluginDirs: [],
  runDeployHooks: false,
  directoryHooks: true,
  validateHooks: true,
  disableRenewUpdates: false,
  autorenew: true,
  hookTimeout: 0,
  strictHooks: false,
  notify: [],
  notifyOn: 'failure',
  autoHsts: false,
  strictPermissions: false,
  detach: false,
  configDir: '/etc/letsencrypt',
  workDir: '/var/lib/letsencrypt',
  logsDir: '/var/log/letsencrypt',
  userDirs: false,
  reason: 'unspecified',
  checkpoints: 1,
  init: false,
  prepare: false,
  listAuthenticators: false,
  listInstallers: false,
  randomSleepOnRenew: true,
  maxParallel: 8,
  preconfiguredRenewal: false,
  legacy: false,
  listExports: false,
  forget: false,
  takeOver: false,
  keepCertbot: false,
  waitForLock: 0,
  sandbox: false,
  sandboxPort: 0,
  sandboxDnsPort: 0,
};

type Env = Readonly<Record<string, string | undefined>>;

/** Where configuration files are looked for, in this order (S152). */
export function configFilePaths(env: Env): readonly string[] {
  return ['/etc/letsencrypt/cli.ini', join(folder(env, 'XDG_CONFIG_HOME', '.config'), 'letsencrypt', 'cli.ini')];
}

/** --user-dirs: the XDG folders of the person. */
export function userDirectories(env: Env): { configDir: string; workDir: string; logsDir: string } {
  return {
    configDir: join(folder(env, 'XDG_CONFIG_HOME', '.config'), 'certwright'),
    workDir: join(folder(env, 'XDG_DATA_HOME', '.local/share'), 'certwright'),
    logsDir: join(folder(env, 'XDG_STATE_HOME', '.local/state'), 'certwright', 'logs'),
  };
}

/** Where the units of the person's own systemd stand (systemd.unit(5)). */
export function userUnitFolder(env: Env): string {
  return join(folder(env, 'XDG_CONFIG_HOME', '.config'), 'systemd/user');
}

/** Only absolute paths count (XDG base directories): an empty one would have files of the working directory obeyed. */
function folder(env: Env, variable: string, usual: string): string {
  const given = env[variable] ?? '';
  return isAbsolute(given) ? given : join(env['HOME'] ?? homedir(), usual);
}
