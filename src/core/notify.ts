import { basename, join } from 'node:path';
import { codeOf } from '../system/atomic-file.js';
import { printable, printableLine } from '../system/printable.js';
import { namesSecret, readSecret } from '../system/secret.js';
import { digestOf, digestText, isWanted, type Digest } from './decide/digest.js';
import { notifyTarget, targetLabel, type NotifyTarget } from './decide/notify-target.js';
import type { RenewalOutcome } from './events.js';
import { failureReason } from './failure-reason.js';
import { LONGEST_LIST, nameList } from './hook-environment.js';
import { runOne, type HookRun } from './hooks.js';
import type { Settings } from './settings.js';
import type { World } from './world.js';

/** Milliseconds that sending to one target may take. */
const PATIENCE = 20_000;
/** Characters of a reason in the environment of a hook. */
const LONGEST_REASON = 4000;

/** What a run did. */
export interface RunResult {
  outcomes: readonly RenewalOutcome[];
  post: readonly HookRun[];
  /** Why the run itself ended early. */
  reason?: string;
}

/**
 * Tells those who are not there (U17): the failure hook once for each certificate that failed, then one digest for the whole run to each
 * --notify target, as --notify-on wishes. What cannot be told is a warning, and never changes what the run has done. Never throws.
 */
export async function tellOthers({ outcomes, post, reason }: RunResult, settings: Settings, world: World): Promise<void> {
  const { failureHook, notify: targets, notifyOn, dryRun } = settings.values;
  if (world.signal.aborted || (failureHook === undefined && targets.length === 0)) return;
  const rehearsal = dryRun || world.sandbox !== null;
  if (failureHook !== undefined && failureHook.trim() !== '') {
    for (const outcome of outcomes.filter(({ state }) => state === 'failed' || state === 'unreadable')) {
      await runOne('failure', failureHook, failureEnvironment(outcome, rehearsal, world), settings, world, outcome.name);
    }
  }
  const digest = digestOf({ program: settings.program, host: world.host, now: world.clock.now(), command: settings.verb, rehearsal, outcomes, post, ...(reason === undefined ? {} : { reason }), log: join(world.dirs.logs, 'letsencrypt.log') });
  if (!isWanted(digest.result, notifyOn)) return;
  await Promise.all(targets.map((target) => tell(target, digest, settings, world)));
}

/** Tells of a run that ended before it came to any certificate, when nobody watches it: `renew`, and `run` and `certonly` without a person. Never throws. */
export async function tellEarlyEnd(error: unknown, settings: Settings, world: World): Promise<void> {
  const { verb, values } = settings;
  const alone = values.noninteractiveMode || !world.attended;
  if (verb === 'renew' || (alone && (verb === 'run' || verb === 'certonly'))) await tellOthers({ outcomes: [], post: [], reason: failureReason(error) }, settings, world);
}

async function tell(text: string, digest: Digest, settings: Settings, world: World): Promise<void> {
  let label = namesSecret(text) ? text : '';
  try {
    const target = notifyTarget(await readSecret(text, '--notify', { env: world.env, signal: world.signal }));
    if ('problem' in target) throw new Error(target.problem);
    label ||= targetLabel(target);
    await send(target, digest, settings, world);
    world.interaction.report({ type: 'notified', target: label, result: digest.result });
  } catch (error) {
    // The error of a connection that was tried at several addresses has no words of its own.
    const why = error instanceof Error ? error.message || codeOf(error) : String(error);
    world.interaction.report({ type: 'log', level: 'warning', message: `The notification to ${printableLine(label || '--notify')} could not be sent: ${printable(why)}` });
  }
}

async function send(target: NotifyTarget, digest: Digest, settings: Settings, world: World): Promise<void> {
  const { env, signal } = world;
  switch (target.kind) {
    case 'mail': {
      const { sendMail } = await import('../system/mail.js');
      return sendMail({ to: target.address, subject: `${settings.program}: ${digest.summary}`, text: digestText(digest) }, { env, timeoutMs: PATIENCE, signal });
    }
    case 'webhook': {
      const [{ postJson }, { trustedRoots }] = await Promise.all([import('../system/webhook.js'), import('../system/trusted-roots.js')]);
      // REQUESTS_CA_BUNDLE is about certificate authorities, in a rehearsal about the sandbox.
      const roots = target.url.protocol === 'https:' ? trustedRoots({ ...env, REQUESTS_CA_BUNDLE: undefined }) : undefined;
      return postJson(target.url, { ...digest, text: digestText(digest) }, { timeoutMs: PATIENCE, signal, userAgent: `${settings.program}/${CERTWRIGHT_VERSION}`, ...(roots === undefined ? {} : { roots }) });
    }
    case 'exec': {
      const timeoutMs = settings.values.hookTimeout > 0 ? settings.values.hookTimeout * 1000 : PATIENCE;
      const { exitCode, stderr } = await world.runHook(target.command, { env: { CERTWRIGHT_SUMMARY: digest.summary }, timeoutMs, input: `${JSON.stringify(digest)}\n` });
      if (exitCode !== 0) throw new Error(`error code ${exitCode}${stderr.trim() === '' ? '' : `: ${printableLine(stderr)}`}`);
    }
  }
}

function failureEnvironment({ name, names = [], state, reason = '' }: RenewalOutcome, rehearsal: boolean, { dirs }: World): Record<string, string> {
  return {
    ...nameList('FAILED_DOMAINS', names, LONGEST_LIST.other),
    RENEWED_LINEAGE: join(dirs.config, 'live', state === 'unreadable' ? basename(name, '.conf') : name),
    CERTWRIGHT_REASON: printable(reason).slice(0, LONGEST_REASON),
    ...(rehearsal ? { CERTWRIGHT_DRY_RUN: '1' } : {}),
  };
}
