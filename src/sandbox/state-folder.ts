import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '../core/errors.js';
import { codeOf, permitted, writeFileAtomic } from '../system/atomic-file.js';
import { createHierarchy, loadHierarchy, storeHierarchy } from './hierarchy.js';
import type { Hierarchy } from './hierarchy.js';
import { isLoose } from './payload.js';
import { State } from './state.js';
import type { Authorization, Order, StoredState } from './state.js';

const HIERARCHY_FILE = 'hierarchy.json';
const STATE_FILE = 'state.json';

/** What a CA needs to go on where an earlier run stopped. */
export interface Kept {
  hierarchy: Hierarchy;
  state: State;
  /** Writes the state when it has changed since the last time. Never throws: a full disk must not stop the CA. */
  flush(): void;
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(permitted(path, 'read', () => readFileSync(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (error instanceof SyntaxError) throw new StoreError(`${path} is not JSON.`, { hint: 'Remove the file; the sandbox then starts anew.', cause: error });
    throw error;
  }
}

function isStoredState(value: unknown): value is StoredState {
  return isLoose(value) && value.version === 1 && ['accounts', 'authorizations', 'orders', 'certificates', 'compromisedKeys'].every((member) => Array.isArray(value[member]));
}

/** The state without what nobody can use any more, and with work that was cut short made possible again. */
function revive(stored: StoredState, now: number): StoredState {
  const orders = stored.orders.filter((order) => order.expires > now || order.certificateId !== undefined).map((order): Order => (order.status === 'processing' ? { ...order, status: 'ready' } : order));
  const used = new Set(orders.flatMap((order) => order.authorizationIds));
  const authorizations = stored.authorizations
    .filter((authorization) => authorization.expires > now || used.has(authorization.id))
    .map((authorization): Authorization => ({ ...authorization, challenges: authorization.challenges.map((challenge) => (challenge.status === 'processing' ? { ...challenge, status: 'pending' } : challenge)) }));
  return { ...stored, orders, authorizations };
}

function keepHierarchy(path: string, now: number): Hierarchy {
  const stored = readJson(path);
  if (stored !== undefined) {
    try {
      return loadHierarchy(stored);
    } catch (cause) {
      throw new StoreError(`${path} does not hold the keys of a sandbox CA: ${cause instanceof Error ? cause.message : 'unreadable'}.`, { hint: 'Remove the file; the sandbox then makes a new CA.', cause });
    }
  }
  const hierarchy = createHierarchy(now);
  writeFileAtomic(path, `${JSON.stringify(storeHierarchy(hierarchy))}\n`, { mode: 0o600 });
  return hierarchy;
}

/** A CA that is forgotten when the process ends. */
export function keepNothing(now: number): Kept {
  return { hierarchy: createHierarchy(now), state: new State(), flush() {} };
}

/**
 * The CA that lives in a folder (made with mode 0700 when missing): its keys and roots, and its accounts, orders and
 * certificates. Throws StoreError or PermissionMissing.
 */
export function keepInFolder(folder: string, now: number): Kept {
  permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  const hierarchy = keepHierarchy(join(folder, HIERARCHY_FILE), now);
  const path = join(folder, STATE_FILE);
  const stored = readJson(path);
  if (stored !== undefined && !isStoredState(stored)) throw new StoreError(`${path} is not the state of a sandbox CA.`, { hint: 'Remove the file; the sandbox then forgets its accounts and orders.' });
  const state = new State(stored === undefined ? undefined : revive(stored, now));
  let dirty = false;
  state.onChange = () => {
    dirty = true;
  };
  return {
    hierarchy,
    state,
    flush() {
      if (!dirty) return;
      dirty = false;
      const temporary = `${path}.${process.pid}.tmp`;
      try {
        // Not synced to the disk: after a power failure a rehearsal may begin anew.
        writeFileSync(temporary, JSON.stringify(state.stored()), { mode: 0o600 });
        chmodSync(temporary, 0o600);
        renameSync(temporary, path);
      } catch {
        dirty = true;
        rmSync(temporary, { force: true });
      }
    },
  };
}
