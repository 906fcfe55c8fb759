import { readFileSync, readdirSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from '../../system/hook-command.js';
import { pathOf } from '../server-configuration/path-text.js';
import type { NginxProgram } from './control.js';
import { statements, type NginxTree } from './tree.js';

/** Milliseconds between two looks. */
const LOOK = 15;
/** Milliseconds in which even a busy machine has read thousands of blocks; longer takes only a reload that failed. */
const LONGEST = 20_000;

/** The processes of this nginx that take requests now; null where that cannot be seen. `usualPid`: the pid file that the program was built with. */
export function workersOf(tree: NginxTree, usualPid: string): readonly number[] | null {
  try {
    const master = notedMaster(tree, usualPid);
    return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && parentOf(entry) === master && !isLeaving(entry)).map(Number);
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

function notedMaster(tree: NginxTree, usualPid: string): number {
  const said = statements(tree, tree.root).find(({ node }) => node.kind === 'directive' && node.name === 'pid');
  const pid = said?.node.args[0]?.text;
  return Number(readFileSync(pid === undefined ? usualPid : pathOf(pid), 'utf8').trim());
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

function parentOf(pid: string): number | null {
  try {
    // The name in parentheses may hold anything; what follows it is `state ppid …` (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}

/** nginx says so in the title of the process. */
function isLeaving(pid: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('is shutting down');
  } catch {
    return true;
  }
}
