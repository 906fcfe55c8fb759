import type { CheckpointReport } from '../events.js';
import type { Settings } from '../settings.js';
import { shellQuote } from './command-line.js';
import { directoryWords } from './directory-words.js';
import type { Choice, Question } from './question.js';

/** Lines of differences that one question shows. */
const SHOWN = 400;

/** Which checkpoints are undone, newest first; or what has to be asked or told instead. */
export type UndoChoice = { undo: readonly CheckpointReport[] } | { refused: string };

/**
 * The newest `count` checkpoints, those that were made since a moment (milliseconds since the epoch), or the one of this id. One that is not the newest can be undone alone unless a newer one changed
 * the same file again: its copies are older than that.
 */
export function undoChoice(all: readonly CheckpointReport[], wanted: { count: number } | { since: number } | { id: string }): UndoChoice {
  if ('count' in wanted) return { undo: all.slice(0, wanted.count) };
  if ('since' in wanted) {
    // What is older than one that stays is not undone under it.
    const kept = all.findIndex(({ when }) => Date.parse(when) < wanted.since);
    const undo = kept < 0 ? all : all.slice(0, kept);
    return undo.length > 0 ? { undo } : { refused: `Nothing was changed since ${day(new Date(wanted.since).toISOString())}; the last change is of ${day(all[0]?.when ?? '')}.` };
  }
  const index = all.findIndex(({ id }) => id === wanted.id);
  const one = all[index];
  if (!one) return { refused: `There is no checkpoint ${wanted.id}.` };
  const again = changedAgain(all, index);
  return again === null ? { undo: [one] } : { refused: again };
}

/** Why the checkpoint at this place cannot be undone without the newer ones; null when it can. */
function changedAgain(all: readonly CheckpointReport[], index: number): string | null {
  const paths = all[index]?.files.map(({ path }) => path) ?? [];
  for (const { title, when, files } of all.slice(0, index)) {
    const both = files.find(({ path }) => paths.includes(path));
    if (both) return `${both.path} was changed again on ${day(when)}${title === null ? '' : ` (${title})`}: undo that one first`;
  }
  return null;
}

/** The list of what can be undone; the answer is a checkpoint's id. */
export function checkpointQuestion(all: readonly CheckpointReport[]): Question {
  return {
    kind: 'choice',
    id: 'checkpoint',
    label: 'Undo',
    title: 'Which change of server configuration should be undone?',
    term: 'checkpoint',
    why: 'Before a server configuration is changed, the files are kept as they were. Undoing puts them back. What it would change is shown before anything is done.',
    flags: ['--checkpoints'],
    unattended: all[0]?.id ?? '',
    choices: all.map(({ id, when, title, files }) => ({ value: id, label: `${day(when)}  ${title ?? 'untitled'}`, hint: files.map(({ path, kind }) => (kind === 'new' ? `${path} (made)` : path)).join(', ') || 'no files' })),
    recommended: all[0]?.id ?? '',
  };
}

/** What undoing the checkpoint of this id would do; the answer is `one`, `newest` (it and all newer ones) or `no`. */
export function undoQuestion(all: readonly CheckpointReport[], id: string): Question {
  const index = all.findIndex((each) => each.id === id);
  const one = all[index];
  const again = changedAgain(all, index);
  const lines = (one?.files ?? []).flatMap(({ diff }) => (diff === '' ? [] : diff.split('\n'))).map((line) => line.replace(/^ +/, (spaces) => '\u00a0'.repeat(spaces.length)));
  const choices: Choice[] = [
    { value: 'one', label: index === 0 ? 'Undo it' : 'Undo this one only', flag: index === 0 ? '--checkpoints 1' : id, ...(again === null ? {} : { disabled: again }) },
    ...(index === 0 ? [] : [{ value: 'newest', label: `Undo it and the ${index === 1 ? 'newer one' : `${index} newer ones`}`, hint: 'as it was before all of them', flag: `--checkpoints ${index + 1}` }]),
    { value: 'no', label: 'Leave everything as it is', hint: 'nothing is changed' },
  ];
  return {
    kind: 'choice',
    id: 'confirm',
    label: 'Undo',
    title: `Undo '${one?.title ?? 'untitled'}'?`,
    facts: ['This is what was changed then (+ lines came, − lines went):', ...lines.slice(0, SHOWN), ...(lines.length > SHOWN ? [`(${lines.length - SHOWN} more lines)`] : []), ...(one?.commands ?? []).map((command) => `then runs: ${command}`)],
    why: 'The files are put back as they were before this change; files that it made are removed. The server is reloaded afterwards if it is known which one.',
    flags: ['--checkpoints'],
    unattended: 'one',
    choices,
    recommended: again === null ? 'one' : 'newest',
  };
}

/** A certificate that has another name now. */
export interface Renamed {
  from: string;
  to: string;
}

/** Some files are not as they were left, perhaps because a certificate was renamed. The answer is `keep`, `overwrite` or `no`. */
export function editedQuestion(files: readonly { path: string; diff: string }[], renamed: readonly Renamed[], { program, values }: Pick<Settings, 'program' | 'values'>): Question {
  const why = renamed.map(({ from, to }) => `The certificate ${from} was renamed to ${to} since, and these files with it: put back, they would name files that are gone. Give it its old name first: ${shellQuote([program, 'rename', to, from, ...directoryWords(values)])}`);
  return {
    kind: 'choice',
    id: 'edited',
    label: 'Edited',
    title: files.length === 1 ? 'A file was edited since. What should become of it?' : `${files.length} files were edited since. What should become of them?`,
    facts: [...files.map(({ path }) => path), ...why],
    why: 'There are three versions of such a file: as it was before the change, as it was left by it, and as it is now with the edit. Undoing puts the first one back, and the edit would be lost with the change.',
    flags: ['--keep-edits', '--overwrite-edits'],
    missing: `Edited since it was changed, so not overwritten: ${files.map(({ path }) => path).join(', ')}. ${why.map((line) => `${line}\n`).join('')}${why.length > 0 ? 'Or: keep' : 'Keep'} it as it is now and put the others back, or put it back too?`,
    choices: [
      { value: 'keep', label: 'Leave it as it is now', hint: 'the other files are put back', flag: '--keep-edits' },
      { value: 'overwrite', label: 'Put it back too', hint: 'the edited one is kept in the working directory', flag: '--overwrite-edits' },
      { value: 'no', label: 'Leave everything as it is', hint: 'nothing is changed' },
    ],
    recommended: 'no',
  };
}

function day(when: string): string {
  return `${when.slice(0, 10)} ${when.slice(11, 16)} UTC`;
}

/** The last question of a run that configured a server; the answer is `keep` or `undo`. */
export function installedQuestion({ server, names, paths }: { server: string; names: readonly string[]; paths: readonly string[] }): Question {
  const web = names.find((name) => !name.startsWith('*.'));
  return {
    kind: 'choice',
    id: 'installed',
    label: 'Keep',
    title: `${server} has the certificate. Keep it so?`,
    facts: [`Look at ${web === undefined ? 'it' : `https://${web}`} now: this waits for you.`, paths.length === 1 ? `Changed: ${paths[0] ?? ''}` : `${paths.length} files of ${server} were changed.`],
    why: `Undoing puts the files of ${server} back as they were before, and has it read them. The certificate itself stays where it is saved, and can be installed later.`,
    flags: [],
    unattended: 'keep',
    choices: [
      { value: 'keep', label: 'Keep it', hint: 'rollback can undo it later, too' },
      { value: 'undo', label: 'Undo this', hint: 'the files are put back; the certificate is kept' },
    ],
    recommended: 'keep',
  };
}

/** Once more before the files are put back; the answer is `yes` or `no`. */
export function putBackQuestion({ server, paths }: { server: string; paths: readonly string[] }): Question {
  return {
    kind: 'choice',
    id: 'confirm',
    label: 'Undo',
    title: `Put the configuration of ${server} back as it was?`,
    facts: paths,
    why: `Every line that was changed just now is put back, files that were made are removed, and ${server} reads its configuration again.`,
    flags: [],
    unattended: 'no',
    choices: [
      { value: 'yes', label: 'Undo it', hint: 'sites that had no HTTPS before have none again' },
      { value: 'no', label: 'Keep it' },
    ],
    recommended: 'yes',
  };
}
