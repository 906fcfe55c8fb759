/** Where a value came from. certbot saves into a renewal file only what the user set (all but 'default'). */
export type Source = 'flag' | 'file' | 'answered' | 'inherited' | 'default';

export type Verb =
  | 'run' | 'certonly' | 'renew' | 'certificates' | 'revoke' | 'delete' | 'install' | 'enhance' | 'rollback'
  | 'register' | 'update_account' | 'unregister' | 'show_account' | 'reconfigure' | 'plugins' | 'update_symlinks'
  | 'config_changes' | 'schedule' | 'sandbox' | 'resume' | 'completion' | 'man' | 'why' | 'hooks' | 'export' | 'uninstall' | 'rename';

export type KeyType = 'ecdsa' | 'rsa';

/** `--webroot-map`, `-w`/`-d`: ASCII name to directory, in the order given. */
export type WebrootMap = Readonly<Record<string, string>>;

/**
 * The options of every command, by certbot's own destination names in camelCase (`rsa_key_size` → `rsaKeySize`), with their
 * effective values. Options of plugins that certbot keeps by prefix (`webroot_*`, `manual_*`, `dns_*`, `nginx_*` …)
 * stand in `Settings.plugin` under certbot's destination name as it is.
 */
export interface OptionValues {
  // names
  domains: readonly string[];
  ipAddresses: readonly string[];
  /** Names and addresses by which the certificate of `certname` changes (U05). */
  addDomains: readonly string[];
  removeDomains: readonly string[];
  certname?: string;
  csr?: string;
  // how to talk
  noninteractiveMode: boolean;
  forceInteractive: boolean;
  quiet: boolean;
  verboseCount: number;
  debug: boolean;
  plain: boolean;
  json: boolean;
  noMotion: boolean;
  /** Print the plan and stop. */
  plan: boolean;
  maxLogBackups: number;
  // account
  email?: string;
  registerUnsafelyWithoutEmail: boolean;
  effEmail?: boolean;
  tos: boolean;
  account?: string;
  eabKid?: string;
  eabHmacKey?: string;
  eabHmacAlg: string;
  // CA
  server: string;
  staging: boolean;
  dryRun: boolean;
  breakMyCerts: boolean;
  noVerifySsl: boolean;
  userAgent?: string;
  userAgentComment?: string;
  issuanceTimeout: number;
  preferredChain?: string;
  preferredProfile?: string;
  requiredProfile?: string;
  mustStaple: boolean;
  // key
  keyType: KeyType;
  ellipticCurve: string;
  rsaKeySize: number;
  reuseKey?: boolean;
  newKey: boolean;
  /** The certificate and its partner in RSA (U23): true = make a pair, false = leave the partner alone, absent = a pair stays one. */
  dual?: boolean;
  // what to do with what is there
  reinstall: boolean; // --keep-until-expiring, --keep, --reinstall
  expand: boolean;
  renewByDefault: boolean; // --force-renewal
  renewWithNewDomains: boolean;
  duplicate: boolean;
  allowSubsetOfNames: boolean;
  // proof
  configurator?: string;
  /** The first one where several are said by position. */
  authenticator?: string;
  /** ASCII name → authenticator, where several are said by position (U03); what is not in it is proved by `authenticator`. */
  authenticatorMap: Readonly<Record<string, string>>;
  installer?: string;
  /** Most wanted first, versions resolved: `http-01`, `dns-01`, `tls-alpn-01`, `dns-account-01`, `dns-persist-01`. */
  prefChalls: readonly string[];
  http01Port: number;
  http01Address?: string;
  httpsPort: number;
  debugChallenges: boolean;
  noSelfCheck: boolean;
  /** `NAME=TARGET` (U08). */
  challengeAliases: readonly string[];
  /** `ADDRESS:PORT`; empty = the resolvers of the system. */
  dnsResolvers: readonly string[];
  /** Folders with plugins of others; they are loaded before anything else is understood. */
  pluginDirs: readonly string[];
  /** Seconds; undefined = as long as the plugin thinks right. */
  dnsPropagationTimeout?: number;
  // hooks
  preHook?: string;
  postHook?: string;
  deployHook?: string; // stored as renew_hook (F27)
  runDeployHooks: boolean;
  directoryHooks: boolean;
  validateHooks: boolean;
  disableRenewUpdates: boolean;
  autorenew: boolean;
  /** Seconds; 0 = none. */
  hookTimeout: number;
  /** A failing deploy or post hook makes the exit status 1. */
  strictHooks: boolean;
  failureHook?: string;
  /** `mail:ADDRESS`, `https://…`, `exec:COMMAND`. */
  notify: readonly string[];
  notifyOn: 'failure' | 'renewal' | 'always';
  // installation
  redirect?: boolean;
  hsts?: boolean;
  uir?: boolean;
  http2?: boolean;
  http3?: boolean;
  staple?: boolean;
  autoHsts: boolean;
  strictPermissions: boolean;
  // paths
  configDir: string;
  workDir: string;
  logsDir: string;
  userDirs: boolean;
  certPath?: string;
  keyPath?: string;
  fullchainPath?: string;
  chainPath?: string;
  // other commands
  reason: string;
  deleteAfterRevoke?: boolean;
  checkpoints: number;
  /** rollback: as it was typed. */
  since?: string;
  /** rollback: what becomes of files that were changed since; absent = it is asked. */
  edits?: 'keep' | 'overwrite';
  detach: boolean;
  num?: number;
  init: boolean;
  prepare: boolean;
  listAuthenticators: boolean;
  listInstallers: boolean;
  randomSleepOnRenew: boolean;
  /** `renew --forecast`: days to look ahead, `90` or `90d`. */
  forecast?: string;
  /** How many certificates `renew` works on at the same time. */
  maxParallel: number;
  preconfiguredRenewal: boolean;
  // export; its --keep is `reinstall`
  exportFormat?: string;
  out?: string;
  passwordFile?: string;
  /** `env:NAME` and its like. */
  passwordSource?: string;
  friendlyName?: string;
  legacy: boolean;
  reloadCommand?: string;
  listExports: boolean;
  forget: boolean;
  // schedule install: when another client renews already
  takeOver: boolean;
  keepCertbot: boolean;
  /** Seconds to wait for another instance; 0 = do not wait. */
  waitForLock: number;
  // sandbox
  sandbox: boolean;
  sandboxFaults?: string;
  /** `certwright sandbox`: ports of the server left running; 0 = any free one. */
  sandboxPort: number;
  sandboxDnsPort: number;
}

export type OptionName = keyof OptionValues;

/** What a plugin option may hold once parsed. */
export type PluginValue = string | number | boolean | readonly string[] | WebrootMap | undefined;

/** What the command line, cli.ini and (for renew) a renewal file asked for. Frozen once built. */
export interface Settings {
  verb: Verb;
  /** Words after the verb that are no options: `why NAME`, `schedule install`. */
  operands: readonly string[];
  /** False when no verb was typed: `run` is meant (S02), and the wizard asks what to do. */
  verbGiven: boolean;
  /** `--help TOPIC` and the like are answered before Settings exist. */
  values: Readonly<OptionValues>;
  /** Options of plugins by certbot's destination name, e.g. `webroot_path`, `manual_auth_hook`; defaults included. */
  plugin: Readonly<Record<string, PluginValue>>;
  /** Source of every option by OptionName or plugin destination name; missing means 'default'. */
  sources: Readonly<Record<string, Source>>;
  /**
   * For each option set by flag: the words that say it again, canonical long form, in table order
   * (`{ keyType: ['--key-type', 'rsa'] }`). `domains`, `webroot_path` and `webroot_map` are printed by the plan instead.
   */
  words: Readonly<Record<string, readonly string[]>>;
  /** Name we were called by (S01): `certwright`, or `certbot` through a symlink. */
  program: string;
}

/** Was this option set by a person (flag, file, answer) or by an earlier run (inherited)? */
export function isSet(settings: Settings, option: string): boolean {
  return (settings.sources[option] ?? 'default') !== 'default';
}
