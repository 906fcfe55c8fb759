import { statSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { checkpointTime, listCheckpoints, readBytes, type Checkpoint } from '../store/checkpoint.js';
import type { Directories } from '../store/paths.js';
import { unifiedDiff } from '../system/unified-diff.js';
import type { CheckpointFile, CheckpointReport } from './events.js';

/** Milliseconds that a file may be younger than a checkpoint of certbot's, which notes no content. */
const GRACE = 2000;

/** All finished checkpoints, newest first, with what each changed and whether its files are still as it left them. */
export function checkpointReports(dirs: Directories): readonly CheckpointReport[] {
  const all = listCheckpoints(dirs);
  return all.map((checkpoint, index) => {
    const newer = all.slice(0, index);
    return {
      id: checkpoint.id,
      when: new Date(checkpointTime(checkpoint)).toISOString(),
      title: checkpoint.title,
      notes: checkpoint.notes,
      files: [...checkpoint.files.map(({ path, copy }) => fileReport(checkpoint, path, copy, newer)), ...checkpoint.newFiles.map((path) => fileReport(checkpoint, path, null, newer))],
      commands: checkpoint.commands.map((words) => words.join(' ')),
    };
  });
}

/** The oldest of the newer checkpoints that has a copy of the file knows how this one left it, or somebody after it. */
function fileReport(checkpoint: Checkpoint, path: string, copy: string | null, newer: readonly Checkpoint[]): CheckpointFile {
  const later = newer.flatMap(({ files }) => files.filter((file) => file.path === path)).at(-1);
  const place = later?.copy ?? path;
  const before = copy === null ? null : readBytes(copy);
  const after = readBytes(place);
  return {
    path,
    kind: copy === null ? 'new' : 'changed',
    state: stateOf(checkpoint, path, before, after, place),
    diff: unifiedDiff(before?.toString('utf8') ?? null, after?.toString('utf8') ?? null, { before: path, after: path }),
  };
}

function stateOf(checkpoint: Checkpoint, path: string, before: Buffer | null, after: Buffer | null, place: string): CheckpointFile['state'] {
  if (before === null ? after === null : after?.equals(before)) return 'as-before';
  const left = checkpoint.left?.[path];
  if (left !== undefined) return left.includes(after === null ? null : createHash('sha256').update(after).digest('hex')) ? 'as-left' : 'edited';
  if (after === null) return 'edited';
  return statSync(place).mtimeMs > checkpointTime(checkpoint) + GRACE ? 'edited' : 'as-left';
}
