import { readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { uptime } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../system/hook-command.js';
import { childrenOf, parentOf } from '../server-configuration/children.js';
import { pathOf } from '../server-configuration/path-text.js';
import type { NginxProgram } from './control.js';
import { statements, type NginxTree } from './tree.js';

/** Milliseconds between two looks. */
const LOOK = 5;
/** Looks in which a signal that was delivered must have been seen at work. */
const STILL = 6;
/** Milliseconds in which even a busy machine has read thousands of blocks; longer takes only a reload that failed. */
const LONGEST = 20_000;
/** The number of SIGHUP. */
const HANGUP = 1;

/** The processes of this nginx that take requests now; null where that cannot be seen. `usualPid`: the pid file that the program was built with. */
export function workersOf(tree: NginxTree, usualPid: string): readonly number[] | null {
  try {
    return workersUnder(notedMaster(tree, usualPid));
  } catch {
    return null;
  }
}

/** The main process, where it is seen to be one of this very program; null otherwise. */
export function masterOf(tree: NginxTree, usualPid: string, { ctl, environment }: Pick<NginxProgram, 'ctl' | 'environment'>): number | null {
  try {
    const master = notedMaster(tree, usualPid);
    const program = findProgram(ctl, environment['PATH']);
    return program !== null && readlinkSync(`/proc/${master}/exe`) === realpathSync.native(program) ? master : null;
  } catch {
    return null;
  }
}

/** Throws where no process is noted: `nginx -t` makes the file, empty, when it is not there. */
function notedMaster(tree: NginxTree, usualPid: string): number {
  const said = statements(tree, tree.root).find(({ node }) => node.kind === 'directive' && node.name === 'pid');
  const pid = said?.node.args[0]?.text;
  const noted = Number(readFileSync(pid === undefined ? usualPid : pathOf(pid), 'utf8').trim());
  if (!(noted > 0)) throw new Error('no process is noted');
  return noted;
}

function workersUnder(master: number): readonly number[] {
  return childrenOf(String(master)).filter((worker) => !isLeaving(worker)).map(Number);
}

/** Milliseconds since 1970 at which the oldest of these processes began; null when one of them cannot be seen any more. */
export function oldestStart(workers: readonly number[]): number | null {
  const booted = Date.now() - uptime() * 1000;
  try {
    return Math.min(
      ...workers.map((worker) => {
        const stat = readFileSync(`/proc/${worker}/stat`, 'latin1');
        // Hundredths of a second after the machine was started (proc(5)); the name in parentheses may hold anything.
        return booted + Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) * 10;
      }),
    );
  } catch {
    return null;
  }
}

/**
 * Waits until the main process has done what the signal told it that it was sent just now: true when it has started workers with the
 * configuration that it read, false when it went on with the one it had. `before`: its workers before the signal.
 */
export async function hasTaken(master: number, before: readonly number[]): Promise<boolean> {
  const earlier = new Set(await withLateWorkers(before, master));
  const until = Date.now() + LONGEST;
  const hasNew = (): boolean => workersUnder(master).some((worker) => !earlier.has(worker));
  // A signal is for a moment neither waiting nor held back, when it is delivered.
  for (let still = 0; still < STILL && Date.now() < until; still += 1) {
    await sleep(LOOK);
    if (!isHolding(master, HANGUP)) continue;
    still = -1;
    // They are the sign: what follows is nginx's pause before it stops the others.
    if (hasNew()) return true;
  }
  return hasNew();
}

/**
 * Waits until the main process has come to the signal that it was sent, and takes in the workers that it starts meanwhile: it may be in the
 * middle of a reload of somebody else's, and its next one makes those the old ones too. nginx lets no signal through while it reloads, so
 * one that waits can be seen; and it pauses for 100 ms between starting workers and taking the next signal, so none is overlooked.
 */
export async function withLateWorkers(workers: readonly number[] | null, master: number | null): Promise<readonly number[] | null> {
  if (workers === null || master === null) return workers;
  const all = new Set(workers);
  const until = Date.now() + LONGEST;
  for (;;) {
    const seen = workersUnder(master);
    // Looked at afterwards: had it come to the signal in between, those seen may be the new ones, which are never gone.
    if (!isWaitingFor(master, HANGUP) || Date.now() >= until) return [...all];
    for (const worker of seen) all.add(worker);
    await sleep(LOOK);
  }
}

/** Was this process sent a signal that it has not come to yet? */
function isWaitingFor(pid: number, signal: number): boolean {
  return isInMask(pid, /^S(?:ig|hd)Pnd:\s*([0-9a-f]+)$/gm, signal);
}

/** Does this process let a signal wait? nginx does while it is at work, and only then. */
function isHolding(pid: number, signal: number): boolean {
  return isInMask(pid, /^SigBlk:\s*([0-9a-f]+)$/gm, signal);
}

/** The masks of signals in /proc/PID/status (proc(5)). */
function isInMask(pid: number, masks: RegExp, signal: number): boolean {
  try {
    return [...readFileSync(`/proc/${pid}/status`, 'latin1').matchAll(masks)].some(([, mask = '0']) => ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n);
  } catch {
    return false;
  }
}

/**
 * Waits until none of these processes takes requests any more: nginx starts the new ones first, and for a moment both answer. Where
 * processes cannot be seen, for `blind` milliseconds at the longest.
 */
export async function untilGone(workers: readonly number[] | null, blind: number): Promise<void> {
  // Between the new workers and the old ones nginx itself waits 100 ms.
  if (workers === null) return void (await sleep(Math.min(blind, 300)));
  const until = Date.now() + LONGEST;
  while (Date.now() < until && workers.some((worker) => parentOf(String(worker)) !== null && !isLeaving(String(worker)))) await sleep(LOOK);
}

/** nginx says so in the title of the process. */
function isLeaving(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('is shutting down');
  } catch {
    return true;
  }
}
