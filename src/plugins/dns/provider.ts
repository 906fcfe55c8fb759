/**
 * What a DNS provider must be able to do, and how one is described. A provider is two files: `NAME/descriptor.ts`, plain data that
 * is always loaded (`dnsDescriptor` makes a plugin of it), and `NAME/provider.ts`, loaded when it is used.
 */
import type { PluginValue } from '../../core/settings.js';
import type { Clock } from '../../system/clock.js';
import type { CredentialField, PluginOption } from '../contract.js';
import type { Credentials } from './credentials.js';
import type { Api, ApiSettings } from './request.js';

/** A zone as the provider knows it. */
export interface Zone {
  /** Without the final dot, lower case: `example.com`. */
  name: string;
  /** The provider's own name for it; the name again where there is no other. */
  id: string;
}

/**
 * TXT records of one account. Names are without the final dot, lower case, punycode; values without quotes. Calls come one after
 * the other. Each throws PluginError that says what the provider said.
 */
export interface DnsProvider {
  /** The zone of the account that holds this record: the longest one whose name it ends with. Throws `noZone(…)` when there is none. */
  zoneOf(record: string): Promise<Zone>;
  /** Adds a value beside those that are there (apex and wildcard share a name); nothing happens when it is there. `ttl` in seconds. */
  add(record: string, value: string, ttl: number): Promise<void>;
  /** Removes this value only; nothing happens when it is not there. */
  remove(record: string, value: string): Promise<void>;
  /** Waits until what was added is at all servers of the provider, where it can say so. Called after the last of several additions, perhaps while others are made. */
  settle?(): Promise<void>;
  /** Gives back what is held open: a session, a socket. */
  close?(): Promise<void>;
}

/** What a provider is made of. */
export interface ProviderSetup {
  /** The plugin's name, for errors: `dns-cloudflare`. */
  plugin: string;
  /** `access` of the description, for hints. */
  access: string;
  credentials: Credentials;
  /** Values of the provider's own options by destination: `dns_google_project`. */
  options: Readonly<Record<string, PluginValue>>;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  clock: Clock;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
  /** Calls of an HTTP API, with the manners of `request.ts`; what `credentials` read is kept out of its errors and logs. */
  connect(settings: ApiSettings): Api;
}

/** A provider as plain data. */
export interface ProviderDescription {
  /** Without `dns-`: `cloudflare`. */
  name: string;
  /** 'Cloudflare' */
  title: string;
  /** One line for `plugins` and `--help`. */
  description: string;
  /** Seconds that certbot waits by default. */
  propagationSeconds: number;
  /** Seconds of the records' TTL: the shortest the provider takes. */
  ttl: number;
  /**
   * 'file': --dns-NAME-credentials must be given. 'ambient': it may be given; without it the environment or the machine has them.
   * 'none': there is no such option.
   */
  credentials: 'file' | 'ambient' | 'none';
  /** What the file is: certbot's INI when absent, or an account file of the provider's own. */
  credentialsFormat?: 'json';
  /** Where credentials are made and the least they must be allowed, in one or two sentences. */
  access: string;
  /** What a person who has no credentials file is asked for; absent = a file must be made by hand, empty = nothing: it is only to be chosen. */
  asks?: readonly CredentialField[];
  /** Names of its nameservers end with one of these: `ns.cloudflare.com`. */
  nameservers?: readonly string[];
  /** Options besides credentials and propagation seconds. */
  options?: readonly PluginOption[];
  /** Loads the code and makes the provider; reads and requires the credentials it needs, asks the provider nothing. Throws PluginError. */
  create(setup: ProviderSetup): Promise<DnsProvider>;
}
