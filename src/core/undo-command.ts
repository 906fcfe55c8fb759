import type { RunUndo } from '../store/checkpoint-undo.js';
import { shellQuote } from './decide/command-line.js';
import type { World } from './world.js';

/** Milliseconds for one command that undoes another, such as `a2dismod`. */
const UNDO_TIMEOUT = 60_000;

/** Undo commands of checkpoints, run with this world's environment. */
export function undoCommand({ runHook }: World): RunUndo {
  return async (command) => {
    const { exitCode, stderr } = await runHook(shellQuote(command), { env: {}, timeoutMs: UNDO_TIMEOUT });
    return exitCode === 0 ? null : `error code ${exitCode}${stderr.trim() === '' ? '' : `, ${stderr.trim().slice(0, 500)}`}`;
  };
}
