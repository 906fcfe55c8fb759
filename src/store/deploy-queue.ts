import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fsyncFolder, permitted, writeFileAtomic } from '../system/atomic-file.js';
import { checkLineageName, ownFolder } from './pending.js';
import type { Directories } from './paths.js';

/** A deploy hook that has not succeeded yet for the present version of a certificate (U18, N26). */
export interface QueuedDeploy {
  command: string;
  /** A file of renewal-hooks/deploy, or what --deploy-hook said. */
  from: 'directory' | 'option';
  /** When it first had to run, RFC 3339. */
  since: string;
  /** How it ended the last time; absent when it was cut off or never began. */
  exitCode?: number;
}

/** Names of the certificates with deploy hooks that wait. One folder is read. */
export function listDeployQueues(dirs: Directories): readonly string[] {
  try {
    return readdirSync(ownFolder(dirs, 'deploys'))
      .filter((file) => file.endsWith('.json') && !file.startsWith('.'))
      .map((file) => file.slice(0, -'.json'.length))
      .sort();
  } catch {
    return [];
  }
}

/** The deploy hooks that wait for this certificate, in the order they run; none when the file is missing or cannot be read. */
export function readDeployQueue(dirs: Directories, name: string): readonly QueuedDeploy[] {
  try {
    const queue: unknown = JSON.parse(readFileSync(pathOf(dirs, name), 'utf8'));
    return Array.isArray(queue) ? queue.filter(isQueued) : [];
  } catch {
    return [];
  }
}

/** Says which deploy hooks wait for this certificate; none = nothing is remembered. On disk when it returns. Throws PermissionMissing. */
export function writeDeployQueue(dirs: Directories, name: string, queue: readonly QueuedDeploy[]): void {
  const path = pathOf(dirs, name);
  if (queue.length === 0) return permitted(path, 'write', () => rmSync(path, { force: true }));
  const folder = ownFolder(dirs, 'deploys');
  if (permitted(folder, 'create', () => mkdirSync(folder, { recursive: true, mode: 0o700 })) !== undefined) fsyncFolder(dirs.config);
  // Commands may hold secrets.
  writeFileAtomic(path, `${JSON.stringify(queue, null, 2)}\n`, { mode: 0o600 });
}

function pathOf(dirs: Directories, name: string): string {
  checkLineageName(name);
  return join(ownFolder(dirs, 'deploys'), `${name}.json`);
}

function isQueued(value: unknown): value is QueuedDeploy {
  if (typeof value !== 'object' || value === null) return false;
  const { command, from, since, exitCode } = value as Record<string, unknown>;
  return typeof command === 'string' && (from === 'directory' || from === 'option') && typeof since === 'string' && (exitCode === undefined || typeof exitCode === 'number');
}
