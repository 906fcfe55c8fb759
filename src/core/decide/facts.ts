import type { Identifier } from '../identifier.js';
import type { Field } from './question.js';
import type { InstallationFact } from './installation-choice.js';
import type { RenewalReason } from './renewal-reason.js';
import type { ScheduleFact } from './schedule-fact.js';

/** A read-only snapshot of what decisions depend on. Gathered before and between questions, never by a screen. */
export interface Facts {
  /** Milliseconds since the epoch. */
  now: number;
  /** Where relative paths begin. */
  folder: string;
  lineages: readonly LineageFact[];
  /** Renewal files that cannot be used: the lineage's name and why. */
  broken: readonly { name: string; reason: string }[];
  /** Accounts on disk for the chosen server, and for those that certificates here come from. */
  accounts: readonly AccountFact[];
  plugins: readonly PluginFact[];
  /** Web servers of this machine that can be configured; looked up when a person is asked what to do. */
  servers?: readonly ServerFact[];
  /** Content of --csr. */
  csr?: CsrFact;
  /** Looked up when a decision needs it; undefined = not looked up yet. */
  directory?: DirectoryFact;
  /** How each authenticator fits for the names asked (`names` is `namesKey` of them); undefined = not looked up yet. */
  fits?: { names: string; by: Readonly<Record<string, { fits: boolean; asks?: boolean; absent?: boolean; reason: string }>> };
  /** The plugin of the provider whose nameservers serve the names asked; absent = not known. */
  dnsProvider?: string;
  /** Credentials that a person gave and that were tried: the answer they came from, and the file that will hold them. Never shown. */
  credentials?: { answer: unknown; path: string; text: string };
  /** Which lineages with these names are renewed although their dates do not say so (`names` is `namesKey` of them); undefined = not looked up yet. */
  early?: { names: string; because: Readonly<Record<string, RenewalReason>> };
  /** The web folders that a person typed, and why one of them cannot be one; absent = all can. */
  folders?: { answer: unknown; problem?: string };
  /** The web server of this machine that serves this lineage; no `server` = none does. */
  serving?: { lineage: string; server?: ServingFact };
  /** What installing would change, for one wish. */
  installation?: InstallationFact;
  /** Orders of earlier runs whose certificate was not saved yet. */
  pending: readonly { lineage: string; names: readonly string[]; server: string; orderUrl: string }[];
  /** Who runs renewals here; absent where it does not matter (sandbox, renew). */
  schedule?: ScheduleFact;
  /** This is the sandbox; its DNS, if any, resolves every name to this machine. */
  sandbox: boolean;
}

export interface LineageFact {
  name: string;
  identifiers: readonly Identifier[];
  /** Milliseconds since the epoch. */
  notAfter: number;
  notBefore: number;
  keyType: 'ecdsa' | 'rsa';
  /** From the renewal file; a lineage without a stored key type is RSA (F29). */
  savedKeyType: 'ecdsa' | 'rsa';
  curve?: string;
  rsaKeySize?: number;
  reuseKey: boolean;
  server?: string;
  account?: string;
  authenticator?: string;
  /** Name of the other half of a pair (U23), as its renewal file says. */
  partner?: string;
  version: number;
  /** False with `autorenew = False`. */
  renewable: boolean;
  due: boolean;
  /** Options of its renewal file as certbot names them. */
  params: Readonly<Record<string, unknown>>;
}

export interface AccountFact {
  id: string;
  server: string;
  uri: string;
  created?: string;
  host?: string;
}

/** A web server of this machine. */
export interface ServerFact {
  /** Name of the plugin that configures it. */
  plugin: string;
  /** As people call it: 'Apache'. */
  label: string;
  /** Why it cannot be proved with and configured now, one sentence; absent = it can. */
  fault?: string;
  /** Names that a certificate can hold, each once. */
  names: readonly ServedNameFact[];
  /** `*.example.com`, regular expressions: they are said, not offered. */
  patterns: readonly string[];
}

/** A web server that serves a lineage. */
export interface ServingFact {
  /** Name of the plugin that configures it. */
  plugin: string;
  /** As people call it: 'Apache'. */
  label: string;
  /** Names of the lineage that http sends to https or does not serve, and those that it serves by itself. */
  redirected: readonly string[];
  plain: readonly string[];
}

export interface ServedNameFact {
  name: string;
  /** `sites-enabled/shop:3`, below the server's folder. */
  place: string;
  /** It answers https. */
  tls: boolean;
  /** Until when its certificate is valid, in milliseconds since the epoch; absent = http only, or not known. */
  until?: number;
}

export interface PluginFact {
  name: string;
  title: string;
  description: string;
  authenticator: boolean;
  installer: boolean;
  challengeTypes: readonly string[];
  ipAddresses: boolean;
  /** What a person can be asked for instead of a credentials file. */
  credentials?: { flag: string; dest: string; access: string; fields: readonly Field[] };
  /** The flag that says which parts of a server's configuration get the certificate. */
  placesFlag?: string;
}

export interface CsrFact {
  identifiers: readonly Identifier[];
  keyType: 'ecdsa' | 'rsa';
}

export interface DirectoryFact {
  termsOfService?: string;
  externalAccountRequired: boolean;
  /** Name to description. */
  profiles: Readonly<Record<string, string>>;
  renewalInfo: boolean;
}

/** What `decide` may ask to be looked up before it goes on. */
export type Lookup = 'directory' | 'credentials' | 'fits' | 'servers' | 'early' | 'installation' | 'folders' | 'serving';

/** Why a lineage is renewed now, as far as it is looked up; null = it is not. */
export function renewedNow(facts: Facts, { name, due }: LineageFact): RenewalReason | null {
  return due ? 'date' : (facts.early?.because[name] ?? null);
}

/** The key under which `Facts.fits` and `Facts.early` belong to a set of names. */
export function namesKey(identifiers: readonly Identifier[]): string {
  return identifiers.map((identifier) => identifier.value).join(' ');
}
