/**
 * Every expected failure is one of these. `message` says what happened and where, `hint` what to do next.
 * Anything else that is thrown is a bug: its stack goes to the log, one short line to the person.
 */
export type ErrorCode =
  | 'usage'
  | 'missing-flag'
  | 'acme-problem'
  | 'challenges-failed'
  | 'network'
  | 'lock-held'
  | 'store'
  | 'permission'
  | 'plugin'
  | 'hook'
  | 'refused'
  | 'cancelled';

export class CertwrightError extends Error {
  override readonly name: string = 'CertwrightError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
  }
  /** What to do next, in one or two sentences; absent when the message already says it. */
  get hint(): string | undefined {
    return this.options.hint;
  }
}

/** The command line or a configuration file cannot be understood (exit 2, as argparse). */
export class UsageError extends CertwrightError {
  override readonly name = 'UsageError';
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('usage', message, options);
  }
}

/** `-n` (or no terminal) and a question without a safe answer. Names the flags that answer it. */
export class MissingFlag extends CertwrightError {
  override readonly name = 'MissingFlag';
  constructor(
    readonly question: string,
    readonly flags: readonly string[],
    message?: string,
  ) {
    super('missing-flag', message ?? `Missing command line flag or config entry for this setting:\n${question}`, {
      hint: flags.length > 0 ? `Answer it with ${flags.join(' or ')}.` : undefined,
    });
  }
}

/** One problem document of the CA (RFC 7807 as used by RFC 8555 section 6.7), already stripped of control characters. */
export interface ProblemDocument {
  /** Full URN, for example `urn:ietf:params:acme:error:rateLimited`. */
  type: string;
  detail: string;
  status: number;
  /** Where a person reads what to do, when the CA says so (RFC 8555 section 7.3.3). */
  instance?: string;
  identifier?: { type: string; value: string };
  subproblems: ProblemDocument[];
}

/** The CA answered a request with a problem document. */
export class AcmeProblem extends CertwrightError {
  override readonly name = 'AcmeProblem';
  constructor(
    readonly problem: ProblemDocument,
    /** The address that was asked. */
    readonly url: string,
    /** Milliseconds the CA asked us to wait (Retry-After), when it did. */
    readonly retryAfterMs?: number,
    hint?: string,
  ) {
    super('acme-problem', describeProblem(problem), { hint });
  }
  /** The last part of the type: `rateLimited`, `badNonce` … */
  get kind(): string {
    return this.problem.type.split(':').pop() ?? this.problem.type;
  }
}

/** The CA's own words, and the names it means where only its subproblems tell them (RFC 8555 section 6.7.1). */
function describeProblem({ type, detail, subproblems }: ProblemDocument): string {
  const names = [...new Set(subproblems.flatMap(({ identifier }) => identifier?.value ?? []))].filter((name) => !detail.includes(name));
  const more = names.length > 10 ? ` and ${names.length - 10} more` : '';
  return `${type} :: ${detail}${names.length === 0 ? '' : ` (${names.slice(0, 10).join(', ')}${more})`}`;
}

/** Why one name could not be proved. */
export interface ChallengeFailure {
  /** The name as the person typed it. */
  name: string;
  challengeType: string;
  problem: ProblemDocument;
  /** Likely cause and what to do, ours. */
  advice?: string;
}

/** Some names could not be proved; those in `valid` are, and stay so at the CA for a while. */
export class ChallengesFailed extends CertwrightError {
  override readonly name = 'ChallengesFailed';
  constructor(
    readonly failures: readonly ChallengeFailure[],
    readonly valid: readonly string[],
  ) {
    super('challenges-failed', 'Some challenges have failed.', {});
  }
}

/** No answer, or no sensible answer, from a server. */
export class NetworkError extends CertwrightError {
  override readonly name = 'NetworkError';
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('network', message, options);
  }
}

/** Another client holds the lock of one of the directories (certbot's words, F51). */
export class LockHeld extends CertwrightError {
  override readonly name = 'LockHeld';
  constructor(
    readonly path: string,
    readonly holder?: { pid: number; command: string },
  ) {
    super('lock-held', 'Another instance of Certbot is already running.', {
      hint: holder
        ? `${path} is held by process ${holder.pid} (${holder.command}). Wait until it ends, or use --wait-for-lock.`
        : `${path} is held by another process. Wait until it ends, or use --wait-for-lock.`,
    });
  }
}

/** Something in the configuration directory is not as it must be, or could not be written. */
export class StoreError extends CertwrightError {
  override readonly name = 'StoreError';
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('store', message, options);
  }
}

/** A right is missing for a path. */
export class PermissionMissing extends CertwrightError {
  override readonly name = 'PermissionMissing';
  constructor(
    readonly path: string,
    readonly right: 'read' | 'write' | 'create' | 'bind',
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super('permission', `Not allowed to ${right} ${path}`, options);
  }
}

/** An authenticator or installer cannot do its part. */
export class PluginError extends CertwrightError {
  override readonly name = 'PluginError';
  constructor(
    readonly plugin: string,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super('plugin', message, options);
  }
}

/** The configuration of a server is not what it was when its change was shown to a person; nothing was done. */
export class ServerChanged extends PluginError {
  constructor(plugin: string) {
    super(plugin, "The server's configuration was changed since it was looked at; nothing was done.", { hint: 'Run the same command again: it shows what would be changed now.' });
  }
}

/** A certificate was obtained and saved, but its server could not be given it: what the server has is what it had. */
export class NotInstalled extends CertwrightError {
  override readonly name = 'NotInstalled';
  constructor(lineage: string, installer: string, cause: CertwrightError) {
    super('plugin', `The certificate ${lineage} is saved, but it could not be installed.\n${cause.message}`, {
      hint: `${cause.hint === undefined ? '' : `${cause.hint}\n`}When that is put right: certwright install -i ${installer} --cert-name ${lineage}`,
      cause,
    });
  }
}

/** A hook that must succeed (validation of its command, or an authentication hook) did not. */
export class HookFailed extends CertwrightError {
  override readonly name = 'HookFailed';
  /** The identifiers that could not be answered because of it. */
  readonly names: readonly string[];
  constructor(message: string, { names = [], ...options }: { names?: readonly string[]; hint?: string; cause?: unknown } = {}) {
    super('hook', message, options);
    this.names = names;
  }
}

/** The request is understood but will not be done (policy, or it would lose something). Exit 1. */
export class Refused extends CertwrightError {
  override readonly name = 'Refused';
  constructor(message: string, options: { hint?: string; cause?: unknown } = {}) {
    super('refused', message, options);
  }
}

/** Ctrl-C, SIGTERM, or 'quit' chosen. Exit 1, certbot's words. */
export class Cancelled extends CertwrightError {
  override readonly name = 'Cancelled';
  constructor(message = 'Exiting due to user request.') {
    super('cancelled', message, {});
  }
}
