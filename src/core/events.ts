import type { ExportPlan, KeepPlan, ObtainPlan } from './decide/plan.js';
import type { RenewalJob, ScheduleFact } from './decide/schedule-fact.js';
import type { ScheduleStep } from './decide/schedule.js';
import type { RenewalReason } from './decide/renewal-reason.js';
import type { Forecast } from './decide/forecast.js';
import type { WhyReport } from './decide/why.js';
import type { ProblemDocument } from './errors.js';
import type { ChangeStep } from './change-step.js';
import type { Reference } from './references.js';
import type { ExportFormat } from './export-target.js';
import type { ChallengeType } from './identifier.js';

/** Version of the event schema printed by `--json`; raised when a field changes its meaning or goes. */
export const EVENT_SCHEMA = 1;

/** Where one name stands while a certificate is obtained. */
export type NameState =
  | 'waiting'
  | 'preparing' // its answer is being put in place
  | 'presented' // the answer is in place
  | 'checking' // the CA was asked to look
  | 'valid'
  | 'failed';

/** What happens while a plan is carried out. One way: from core to the ui; data only, JSON-safe. */
export type Event =
  | { type: 'log'; level: 'debug' | 'info' | 'warning' | 'error'; message: string }
  | { type: 'log-file'; path: string }
  /** One exchange with the CA, in words, for the protocol view (`t`). `detail` has no secrets. */
  | { type: 'acme'; method: string; url: string; status: number; ms: number; purpose: string }
  | { type: 'account-registered'; server: string; uri: string; id: string }
  /** `again`: a rehearsal takes a second order, for the names of the first were proved already. */
  | { type: 'order-created'; url: string; names: string[]; expires?: string; again?: boolean }
  | { type: 'order-resumed'; url: string; names: string[] }
  | { type: 'name'; name: string; state: NameState; challenge?: ChallengeType; detail?: string; problem?: ProblemDocument; advice?: string }
  /** A nameserver's answer for a record that was set has changed; `ms` since it was set. */
  | { type: 'record-seen'; record: string; server: string; address: string; state: 'seen' | 'not-yet' | 'unreachable'; ms: number }
  | { type: 'names-dropped'; names: string[] }
  | { type: 'stage'; stage: Stage; state: 'started' | 'done' }
  /** A hook has ended. `name`: the name it proves, or the certificate it deploys. */
  | { type: 'hook'; kind: string; command: string; exitCode: number; stdout: string; stderr: string; name?: string }
  /** `hooks test`: one hook, its time in milliseconds. */
  | { type: 'hook-tested'; lineage: string; kind: string; command: string; exitCode: number; stdout: string; stderr: string; ms: number }
  /** The digest of this run was sent; `target` without secrets. */
  | { type: 'notified'; target: string; result: 'failure' | 'renewal' | 'nothing' }
  | { type: 'saved'; lineage: string; version: number; files: SavedFiles; names: string[]; dropped?: string[]; notAfter: string; issuer: string; renewsByItself: boolean; /** A server is given it next. */ installs?: boolean; renewal?: { by: string; next?: string } | null; /** Where nothing renews it: the words after the program's name that set it up. */ schedule?: string[] }
  | { type: 'csr-saved'; certPath: string; chainPath: string; fullchainPath: string; notAfter: string }
  /** Who runs renewals on this machine; `renewedBy` names the job that looks after `configDir`. */
  | { type: 'schedule'; configDir: string; starter: ScheduleFact['starter']; cronRuns: boolean; jobs: readonly RenewalJob[]; renewedBy: string | null; missing: readonly string[]; user?: true }
  | { type: 'schedule-step'; step: ScheduleStep }
  | ({ type: 'why' } & WhyReport)
  | ({ type: 'forecast'; from: number; days: number; broken: readonly string[] } & Forecast)
  /** Lines of other programs' configuration that name the files of these certificates. */
  | { type: 'references'; names: readonly string[]; references: readonly Reference[] }
  /** What was changed in a server's configuration, or with `done` false would be. */
  /** `undo`: the command that undoes it, once it is done. */
  | { type: 'installation'; installer: string; steps: readonly ChangeStep[]; done: boolean; undo?: readonly string[] }
  /**
   * What the server answers with for these names after an installation, asked on this machine. `new`: with what was installed; `other`: with
   * `served`, of the block at `place` where that is known; `unasked`: it did not answer, for this `reason`.
   */
  | { type: 'served-certificate'; names: string[]; address: string; state: 'new' | 'other' | 'unasked'; reason?: string; served?: { names: string[]; issuer: string; notAfter: string; place?: string } }
  /** Files were written for another program; `again`: every renewal does it anew. */
  | { type: 'exported'; lineage: string; format: ExportFormat; paths: string[]; again: boolean }
  /** An export that a renewal should have repeated; the next run of `renew` tries again. */
  | { type: 'export-failed'; lineage: string; path: string; message: string; hint?: string }
  /** `export --list`; `current`: the present version stands there. */
  | { type: 'exports'; exports: { lineage: string; format: ExportFormat; path: string; password?: string; reloadCommand?: string; current: boolean }[] }
  /** What a command has to tell, as lines. */
  | { type: 'result'; text: string }
  | { type: 'renewals'; dryRun: boolean; outcomes: RenewalOutcome[] }
  /** Nothing happens until then (RFC 3339): `renew` without a terminal (C34), or a CA (`server`) that is asked too often. */
  | { type: 'waiting'; why: 'random-delay' | 'rate-limit'; seconds: number; until: string; server?: string }
  /** A provider is asked for the zones of the names, with credentials that a person gave; `by`: who is asked. */
  | { type: 'credentials-tried'; by: string; state: 'started' | 'done' }
  | { type: 'plan'; plan: ObtainPlan | ExportPlan | KeepPlan; command: string[] }
  | { type: 'kept'; lineage: string; notAfter: string }
  | { type: 'dry-run-passed'; names: string[] }
  | { type: 'recovered'; what: string; path: string }
  | { type: 'certificates'; now: string; filtered: boolean; certificates: CertificateReport[]; broken: { path: string; reason: string }[] }
  | { type: 'checkpoints'; checkpoints: CheckpointReport[] }
  | { type: 'rolled-back'; id: string; title: string | null; when: string; restored: string[]; removed: string[]; kept: string[]; editsKeptAt: string[] }
  | { type: 'failed'; code: string; message: string; hint?: string; failures?: { name: string; problem: ProblemDocument; advice?: string }[] };

export type Stage = 'account' | 'order' | 'proof' | 'finalize' | 'download' | 'save' | 'install' | 'hooks';

/** What `renew` did with one lineage; `unreadable` has the path of its renewal file as its name. */
export interface RenewalOutcome {
  name: string;
  state: 'renewed' | 'not-due' | 'failed' | 'unreadable';
  /** Domains and addresses of its certificate. */
  names?: string[];
  /** Names that --allow-subset-of-names left out; every renewal tries them again. */
  dropped?: string[];
  reason?: string;
  /** What to do about the reason. */
  hint?: string;
  /** Why it was due. */
  because?: RenewalReason;
  /** How its revocation is known (`us`: it was revoked from here), and since when (RFC 3339). */
  revocation?: { by: 'OCSP' | 'CRL' | 'us'; at?: string };
  /** Of what was not due: when it will be if nothing changes (RFC 3339); null with autorenew = False. */
  next?: { at: string; by: 'date' | 'advised' } | null;
  notAfter?: string;
  fullchain?: string;
  /** Its deploy hooks: those that ran in this run, or wait from an earlier one. */
  deploys?: DeployOutcome[];
  /** What uses it has not been given its renewal, or (`done`) now has that of an earlier run. */
  install?: InstallOutcome;
}

/** How a deploy hook went. What has not succeeded runs again at the next `renew`. */
export interface DeployOutcome {
  command: string;
  /** `waiting`: failed in an earlier run and was not tried in this one. */
  state: 'done' | 'failed' | 'waiting';
  exitCode?: number;
  /** When it first had to run, RFC 3339. */
  since: string;
}

/** How an installer fared with a renewed certificate that it had not been given at once. Every `renew` tries again. */
export interface InstallOutcome {
  installer: string;
  /** `waiting`: of an earlier run, and not tried in this one. */
  state: 'done' | 'failed' | 'waiting';
  /** When the certificate was renewed that it had to be given first, RFC 3339. */
  since: string;
  reason?: string;
}

/** One finished change of server configuration. */
export interface CheckpointReport {
  /** Seconds since the epoch with a fraction: the folder's name. */
  id: string;
  /** RFC 3339. */
  when: string;
  title: string | null;
  /** Title and notes as certbot's CHANGES_SINCE has them. */
  notes: string;
  files: CheckpointFile[];
  /** Commands that undoing runs, last first. */
  commands: string[];
}

export interface CheckpointFile {
  path: string;
  kind: 'changed' | 'new';
  /** `edited`: changed since by somebody else; `as-before`: there is nothing to put back. */
  state: 'as-left' | 'as-before' | 'edited';
  /** What was changed, and what was edited since, as a unified diff. */
  diff: string;
}

/** One lineage as `certificates` lists it. */
export interface CertificateReport {
  name: string;
  serial: string;
  keyType: string;
  /** As certbot lists them: the common name first, then the others, then addresses. */
  identifiers: string[];
  addresses: boolean;
  notBefore: string;
  notAfter: string;
  /** Empty = valid. */
  problems: ('TEST_CERT' | 'EXPIRED' | 'REVOKED')[];
  fullchain: string;
  privkey: string;
  server?: string;
  authenticator?: string;
  /** Name → authenticator of those that another one proves. */
  authenticators?: Record<string, string>;
  /** The certificate with the same names and a key of the other type (--dual). */
  partner?: string;
}

export interface SavedFiles {
  cert: string;
  privkey: string;
  chain: string;
  fullchain: string;
}
