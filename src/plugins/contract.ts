/**
 * The contract between certwright and everything that proves a name. Our own plugins use nothing but this.
 * Slow work belongs into `wait`, not into `present`.
 */
import type { ChallengeType, Identifier } from '../core/identifier.js';
import type { PluginValue, WebrootMap } from '../core/settings.js';

/** One challenge that the CA set, with all that is needed to answer it. */
export interface ChallengeTask {
  identifier: Identifier;
  /** The authorization is for `*.NAME`; `identifier.value` is then without the `*.`. */
  wildcard: boolean;
  type: ChallengeType;
  /** http-01: the file name; empty for dns-persist-01. */
  token: string;
  /** RFC 8555 section 8.1. */
  keyAuthorization: string;
  /** What must be seen: http-01 the file's content, the dns types the TXT value, tls-alpn-01 the key authorization. */
  validation: string;
  /** dns types: the full record name, e.g. `_acme-challenge.example.com`. */
  recordName?: string;
  /** dns-persist-01: what a record must name to be good; `validation` is the shortest one that is. */
  persist?: { issuers: readonly string[]; accountUrl: string };
}

/** An option of a plugin, in certbot's spelling: flag `--webroot-path`, destination `webroot_path`. */
export interface PluginOption {
  /** All spellings, short ones first: `['-w', '--webroot-path']`. */
  flags: readonly string[];
  dest: string;
  /** `path`: made absolute, `~` is the home folder. */
  kind: 'string' | 'path' | 'int' | 'bool' | 'list' | 'map';
  metavar?: string;
  help: string;
  default?: PluginValue;
}

/** How a plugin fits on this machine for these names; `reason` is one plain sentence either way. */
export interface Fit {
  fits: boolean;
  /** What it works with is not on this machine: it is not even shown to a person. */
  absent?: boolean;
  /** It would fit if a person gave the credentials that it asks for; or, where it asks for none, if a person chose it. */
  asks?: boolean;
  reason: string;
}

/** Things of the outside world a plugin may ask about while it judges its fit. */
export interface FitQuestion {
  identifiers: readonly Identifier[];
  http01Port: number;
  http01Address?: string;
  options: Readonly<Record<string, PluginValue>>;
}

/** What a plugin gets to work with while challenges are answered. */
export interface ChallengeContext {
  options: Readonly<Record<string, PluginValue>>;
  http01Port: number;
  http01Address?: string;
  httpsPort: number;
  /** Challenge types that the person wants, most wanted first; empty = the plugin's own order. */
  preferredChallenges: readonly string[];
  webrootMap: WebrootMap;
  configDir: string;
  workDir: string;
  /** Environment for hooks, without CERTBOT_* */
  environment: Readonly<Record<string, string | undefined>>;
  noninteractive: boolean;
  validateHooks: boolean;
  /** Milliseconds a hook may take; 0 = no limit (--hook-timeout). */
  hookTimeoutMs: number;
  /** False with --no-self-check: the CA is asked whatever we know of the answers. */
  selfCheck: boolean;
  /** --challenge-alias: name of the certificate or of its record → name of the record where the value is written. */
  challengeAliases: Readonly<Record<string, string>>;
  /** --dns-resolver, `ADDRESS:PORT`: asked for aliases and nameservers; empty = those of the system. */
  dnsResolvers: readonly string[];
  /** --dns-propagation-timeout in seconds; undefined = the plugin's own. */
  dnsPropagationTimeout?: number;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
  /** A hook has ended; its output is shown as data. `kind` is its option without dashes, `name` the identifier it was for. */
  hookOutput(ended: { kind: string; command: string; name: string; stdout: string; stderr: string; exitCode: number }): void;
  /** A nameserver was asked for a record that we set, and its answer is not what it was; `ms` since the record was set. */
  recordSeen(sighting: { record: string; server: string; address: string; state: 'seen' | 'not-yet' | 'unreachable'; ms: number }): void;
  /** The answer to this task stays for later orders, until then (milliseconds since the epoch). */
  lasts(task: ChallengeTask, until: number): void;
  /** A person places records or files by hand; resolves when they say go on (or all was seen). Throws Cancelled. */
  instruct(tasks: readonly ChallengeTask[]): Promise<void>;
  /** Changes a server's configuration for the time of the challenge, after a note that undoes it also after a crash; the server's own `test` comes before it stays. Throws PluginError. */
  changeForNow(change: ServerChange, test: () => Promise<string | null>): Promise<void>;
  /** Puts back what `changeForNow` changed. */
  putBack(): Promise<void>;
  /** The plugin saw the CA fetch the answer for this task: the order may be polled now (see `tellsFetches`). */
  served(task: ChallengeTask): void;
}

export interface Authenticator {
  /** It tells by the context's `served` of each answer that the CA fetches: until all are told, or for a second, the order is not looked at. */
  tellsFetches?: true;
  /**
   * Challenge types that can be answered for this identifier, most wanted first; empty = cannot.
   * `wildcard` as in ChallengeTask.
   */
  challengeTypes(identifier: Identifier, wildcard: boolean): readonly ChallengeType[];
  /** Before the pre hooks run, and so before anything is touched: what cannot go well at all. Throws PluginError, HookFailed. */
  check?(context: ChallengeContext): void;
  /** Before an order is made: ports bound, directories there. Throws PluginError. */
  prepare(context: ChallengeContext): Promise<void>;
  /** Put all answers in place. Throws PluginError, HookFailed; what was placed before is still cleaned up. */
  present(tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void>;
  /** Until the answers can be seen from outside (DNS). */
  wait?(tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void>;
  /**
   * Undo `present` for these tasks, also after failure; never throws for what is already gone. Called once more at the end of
   * a run without tasks, to give back what `prepare` took (a port) when nothing had to be presented.
   */
  cleanUp(tasks: readonly ChallengeTask[], context: ChallengeContext): Promise<void>;
}

/** What an installation can be hardened with; certbot's flags and the keys of its renewal files. `no-redirect` takes the redirect out again. */
export type Enhancement = 'redirect' | 'no-redirect' | 'hsts' | 'uir' | 'staple-ocsp' | 'auto-hsts' | 'http2' | 'http3';

/** One file as an installer leaves it; texts are latin1, a character a byte. */
export interface ChangedFile {
  /** Without symbolic links. */
  path: string;
  /** null = it is new. */
  before: string | null;
  after: string;
  /** Permissions of a new one; 0644 unless said. One that is there loses what this denies to everybody. */
  mode?: number;
  /** The time stands in it: planned a moment later, the same change has another text. */
  dated?: true;
}

/** What an installer will do, as data: shown before it is done, then done exactly so, with a checkpoint that undoes it. */
export interface ServerChange {
  files: readonly ChangedFile[];
  /** Files that go, once the others are written; only in a change that is made alone. */
  removes?: readonly { path: string; before: string }[];
  /** Symbolic links that are made. */
  links: readonly { path: string; target: string }[];
  /** Commands with those that undo them. */
  commands: readonly { run: readonly string[]; undo: readonly string[] }[];
  /** One line each for the checkpoint. */
  notes: readonly string[];
  /** What a person should know before it is done. */
  warnings: readonly string[];
  /** Names that http does not serve any more afterwards, for no certificate of this run is theirs. */
  lost?: readonly string[];
}

/** The files of a certificate as a server is pointed to them. */
export interface Deployment {
  names: readonly string[];
  files: CertificateFiles;
  /** A second certificate for the same names, with a key of the other type: served beside the first one. */
  second?: CertificateFiles;
  /** `renew` renewed it, now or in an earlier run that could not give it to the server: `publish` is for these. */
  fresh?: true;
}

export interface CertificateFiles {
  cert: string;
  privkey: string;
  chain: string;
  fullchain: string;
}

/** A name whose place in the server's configuration only a person can tell. */
export interface PlaceQuestion {
  name: string;
  /** Why it is asked, one sentence. */
  reason: string;
  places: readonly { id: string; label: string; hint?: string }[];
  recommended: readonly string[];
  /** The flag that answers it. */
  flag: string;
}

export interface InstallContext {
  options: Readonly<Record<string, PluginValue>>;
  http01Port: number;
  httpsPort: number;
  configDir: string;
  workDir: string;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/** A name that a server's configuration has. */
export interface ServedName {
  name: string;
  /** It stands for others: `*.example.com`, a regular expression. */
  pattern: boolean;
  tls: boolean;
  /** `FILE:LINE` of its block. */
  place: string;
  /** Path of the certificate that is served for it, where the block itself says so. */
  certificate?: string;
}

/** A block of a server's configuration that answers TLS. */
export interface TlsHost {
  /** `FILE:LINE`. */
  place: string;
  /** As they stand there, patterns too. */
  names: readonly string[];
  /** Paths of its certificates, as far as the block itself says. */
  certificates: readonly string[];
  /** Where this machine reaches it. */
  addresses: readonly { host: string; port: number }[];
}

/**
 * Configures a server. It reads and decides; writing, checkpoints and undoing are done for it, so that every installer is equally
 * safe. `deploy` and `enhance` are pure over what was read last.
 */
export interface Installer {
  /** Finds the server and its version. Throws PluginError with what is wrong, in the server's own words where it has some. */
  prepare(context: InstallContext): Promise<void>;
  /** Reads the configuration; files of `instead` (path → latin1 text) count as holding that text, for changes that are not written yet. */
  read(instead: ReadonlyMap<string, string>): Promise<void>;
  /** Names that the server serves, in its order; one that stands in several blocks comes several times. */
  names(): readonly ServedName[];
  /** What answers TLS. */
  tlsHosts(): readonly TlsHost[];
  /** What a person has to choose before these names can be given the certificate; empty = nothing. */
  questions(deployment: Deployment): readonly PlaceQuestion[];
  /** Gives these names the certificate, whose files need not be there yet; `chosen` has the places for each question, by its name. Throws PluginError when it cannot tell where. */
  deploy(deployment: Deployment, chosen: ReadonlyMap<string, readonly string[]>): ServerChange;
  /** Null = the server cannot do that at all. */
  enhance(kind: Enhancement, deployment: Deployment): ServerChange | null;
  /**
   * Takes out what was added for certificates below these folders; blocks that cannot do without them are left, and named in `warnings`.
   * Null = nothing uses them.
   */
  detach(folders: readonly string[]): ServerChange | null;
  /** Names folders of certificates at their new places, old → new, wherever the configuration names them. Null = it does not. */
  moved(folders: ReadonlyMap<string, string>): ServerChange | null;
  /** Writes files of the plugin's own into the configuration directory that changes refer to. Called before the first change is made. */
  ready(): void;
  /** What time has brought about since the last renewal (certbot's --auto-hsts); `renewed`: the certificates of this run. Only asked when the descriptor's `hasUpdates` says so. */
  update?(renewed: readonly Deployment[]): ServerChange;
  /**
   * What a renewed certificate changes where the server has copies of its files (certbot's RenewDeployer). Absent: the server reads the
   * files themselves, and only has to be reloaded.
   */
  renewed?(deployment: Deployment): ServerChange;
  /**
   * Gives certificates to what keeps them outside of this machine's files (a cloud, a database, a program of the person), after the files are
   * changed and before `reload`; again whenever `renew` renewed them. Returns what was done, a sentence each. Throws PluginError, HookFailed.
   */
  publish?(deployments: readonly Deployment[]): Promise<readonly string[]>;
  /**
   * The server's verdict on what is on disk: null when it is good, else its words. A running server that sets aside what it does not accept
   * may already use it then; `reload` comes next, or what is on disk is put back.
   */
  test(): Promise<string | null>;
  /** Has the running server use what is on disk, and returns when it does. Throws PluginError. */
  reload(): Promise<void>;
}

/** Where leftovers are looked for. */
export interface LeftoverPlace {
  configDir: string;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/** One thing that was put right: what, and where it stood. */
export interface Leftover {
  what: string;
  path: string;
}

/** One value of a credentials file, as a person is asked for it. */
export interface CredentialField {
  /** Without the plugin's prefix: `api_token`. */
  key: string;
  /** 'API token' */
  label: string;
  /** Shown as dots. */
  secret: boolean;
  optional?: boolean;
  initial?: string;
}

/** What a person is asked for when an authenticator needs an account elsewhere and the option that names its file is not given. */
export interface PluginCredentials {
  /** `--dns-cloudflare-credentials`, and its destination. */
  flag: string;
  dest: string;
  /** Where they are made, and the least they must be allowed. */
  access: string;
  fields: readonly CredentialField[];
  /** Names of nameservers end with one of these where the zone is with this provider: `ns.cloudflare.com`. */
  nameservers: readonly string[];
  /** The credentials file for these values, by key. Throws UsageError for a value that no file can hold. */
  text(values: Readonly<Record<string, string>>): string;
  /** Asks whether the account holds the zones of these names; changes nothing. Throws PluginError, NetworkError, Refused. */
  check(values: Readonly<Record<string, string>>, identifiers: readonly Identifier[], world: CredentialsTrial): Promise<void>;
}

export interface CredentialsTrial {
  options: Readonly<Record<string, PluginValue>>;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

export interface PluginDescriptor {
  name: string;
  /** Other words for it after -a and -i; an authenticator and an installer may have the same. */
  aliases?: readonly string[];
  /** 'A file in a web folder' */
  title: string;
  /** certbot's one-line description, for `plugins` and `--help`. */
  description: string;
  authenticator: boolean;
  installer: boolean;
  /** Shown in the wizard's list (certbot hides manual there; we do not). */
  options: readonly PluginOption[];
  challengeTypes: readonly ChallengeType[];
  /** Several certificates may be proved at the same time, by one loaded authenticator. */
  overlaps: boolean;
  /** Its server has copies of a certificate's files, which `renewed` brings up to date; what a stopped or failed renewal left old, the next one does. */
  copies?: true;
  /** IP identifiers allowed (C07). */
  ipAddresses: boolean;
  fit(question: FitQuestion): Promise<Fit>;
  /**
   * Removes what stopped runs left outside of this machine (records in somebody's DNS). Called with the locks held, before anything
   * is changed; with nothing to do it costs a look at one folder. Tells what was removed. Never throws.
   */
  removeLeftovers?(place: LeftoverPlace): Promise<readonly Leftover[]>;
  /** What a person can be asked for instead of a credentials file. */
  credentials?: PluginCredentials;
  /** Loads the code that proves names; absent for installers. */
  load?(): Promise<Authenticator>;
  /** Does something in the configuration of servers change with time? Asked by every `renew`, so it must be quick. */
  hasUpdates?(configDir: string): boolean;
  /** Loads the code that configures a server; absent for authenticators. */
  loadInstaller?(): Promise<Installer>;
  /** The server that it configures; absent for what is no server. */
  server?: {
    /** As people call it: 'Apache'. */
    label: string;
    /** The folder of its configuration; null = it is not installed. */
    root(options: Readonly<Record<string, PluginValue>>): string | null;
    /** The flag that answers its `questions`. */
    placesFlag: string;
  };
  /** Not listed and not offered: for scripts that name it. */
  hidden?: boolean;
  /** The npm package that it came from, and the folder of that; absent for our own. Set by certwright itself. */
  origin?: { package: string; folder: string };
}

/** An installer of somebody else's package: only `deploy` is needed, and what a change does not say it does not do. */
export type OutsideInstaller = Partial<Omit<Installer, 'deploy' | 'enhance' | 'detach' | 'moved' | 'renewed'>> & {
  deploy(...asked: Parameters<Installer['deploy']>): Partial<ServerChange>;
  enhance?(...asked: Parameters<Installer['enhance']>): Partial<ServerChange> | null;
  detach?(...asked: Parameters<Installer['detach']>): Partial<ServerChange> | null;
  moved?(...asked: Parameters<Installer['moved']>): Partial<ServerChange> | null;
  renewed?(deployment: Deployment): Partial<ServerChange>;
};

/** A plugin as somebody else's package exports it, in a list `plugins`: our own, with what may be left out. */
export type OutsidePlugin = Pick<PluginDescriptor, 'name' | 'title' | 'description' | 'fit' | 'load'> &
  Partial<Pick<PluginDescriptor, 'authenticator' | 'installer' | 'options' | 'challengeTypes' | 'overlaps' | 'ipAddresses'>> & {
    loadInstaller?(): Promise<OutsideInstaller>;
  };
