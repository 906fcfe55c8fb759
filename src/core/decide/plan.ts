import type { ExportFormat } from '../export-target.js';
import type { Installation } from './installation-choice.js';
import type { ChallengeType, Identifier } from '../identifier.js';
import type { RenewalReason } from './renewal-reason.js';

/** Values of a renewal file by certbot's names; lists are written with a trailing comma (F28). */
export type RenewalValue = string | number | boolean | readonly string[] | Readonly<Record<string, string | readonly string[]>>;

/** How one name will be proved. */
export interface Proof {
  identifier: Identifier;
  authenticator: string;
  challenge: ChallengeType;
  /** One line for the review: 'file below /var/www/html'. */
  detail?: string;
}

export interface KeyPlan {
  type: 'ecdsa' | 'rsa';
  /** `secp256r1` …; ecdsa only. */
  curve?: string;
  rsaKeySize?: number;
  /** The private key of the present version is used again. */
  reuse: boolean;
}

/** Obtain one certificate and save it. Data only: it can be shown, printed, compared, and executed once. */
export interface ObtainPlan {
  kind: 'obtain';
  identifiers: readonly Identifier[];
  /** null with --csr: loose files instead. */
  lineage: {
    name: string;
    /** True: a new version of an existing lineage. */
    exists: boolean;
    /** True: `name` is only a wish; a number is added when it is taken (F20). */
    nameMayChange: boolean;
    added: readonly Identifier[];
    removed: readonly Identifier[];
    /** Other half of the pair that it belongs to from now on (U23). */
    partner?: string;
  } | null;
  /** An earlier run was cut off after its order was ready: its certificate is fetched, nothing is ordered again (N09). */
  resume: { orderUrl: string } | null;
  /** The other half of a pair, obtained after this one. */
  pair?: ObtainPlan;
  reason: RenewalReason | 'new' | 'expand' | 'names-changed' | 'duplicate' | 'csr' | 'key-type' | 'resumed';
  key: KeyPlan | null;
  csr: { path: string; certPath?: string; chainPath?: string; fullchainPath?: string } | null;
  ca: { server: string; label: string; test: boolean };
  account:
    | { kind: 'existing'; id: string }
    | { kind: 'new'; email?: string; eab?: { kid: string; alg: string } }; // the terms were agreed to
  /** The main one, which certbot finds in the renewal file; `proofs` says it of each name. */
  authenticator: string;
  installer: string | null;
  /** The credentials file that is written first; absent = there is one, or none is needed. */
  credentialsFile?: string;
  /** What `run` changes in the server's configuration; null = no server is configured. */
  installation: Installation | null;
  proofs: readonly Proof[];
  webrootMap: Readonly<Record<string, string>>;
  profile: { name: string; required: boolean } | null;
  preferredChain: string | null;
  /** Challenge types the person wants, most wanted first; empty = the plugin's own order. */
  preferredChallenges: readonly string[];
  mustStaple: boolean;
  allowSubsetOfNames: boolean;
  dryRun: boolean;
  /** What will look whether it is due: null = nothing does; absent = not looked up. `next` in milliseconds since the epoch. */
  renewal?: { by: string; next?: number } | null;
  /** Where nothing does, the words after the program's name that set it up. */
  schedule?: readonly string[];
  hooks: { pre?: string; post?: string; deploy?: string };
  /** What the renewal file will hold in [renewalparams] (F26), account filled in after registration. */
  renewalParams: Readonly<Record<string, RenewalValue>>;
}

/** Nothing is to be obtained: what is there stays in use. */
export interface KeepPlan {
  kind: 'keep';
  lineage: string;
  notAfter: number;
  installer: string | null;
  /** The server is pointed to it once more; null = none is. */
  installation: Installation | null;
}

/** `install`, `enhance` and `uninstall`: the configuration of a server changes, no certificate does. */
export interface InstallPlan {
  kind: 'install';
  /** Name of the certificate, or the path of its file. */
  certificate: string;
  names: readonly string[];
  installer: string;
  installation: Installation;
  /** The certificate is taken out. */
  takesOut?: boolean;
}

/** Write a lineage's present version for another program, once or at every renewal. */
export interface ExportPlan {
  kind: 'export';
  lineage: string;
  format: ExportFormat;
  /** Absolute; with der the certificate's. */
  path: string;
  /** pkcs12: where the password is read; `source` null = it was typed, and `keptIn` is the file that renewals will read. */
  password: { source: string | null; keptIn: string | null } | null;
  friendlyName: string | null;
  legacy: boolean;
  keep: boolean;
  reloadCommand: string | null;
}

/** The person chose another command at the first screen. */
export interface OtherCommandPlan {
  kind: 'command';
  verb: 'certificates' | 'quit' | 'schedule' | 'why';
}

export type Plan = ObtainPlan | ExportPlan | KeepPlan | OtherCommandPlan;
