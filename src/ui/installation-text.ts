import { shellQuote } from '../core/decide/command-line.js';
import type { Event } from '../core/events.js';
import { printableLine } from '../system/printable.js';
import { fileDifferences } from './server-change-text.js';

/** What was changed in a server's configuration: the files, and before it is done the whole difference. */
export function installationLines({ steps, done, undo }: Extract<Event, { type: 'installation' }>): readonly string[] {
  if (steps.length === 0) return [done ? 'Nothing had to be changed.' : 'Nothing would be changed.'];
  const lines = steps.flatMap(({ title, change }) => [
    `${title}:`,
    ...change.warnings.map((warning) => `  ${printableLine(warning)}`),
    ...change.commands.map(({ run }) => `  ${done ? 'ran' : 'would run'} ${run.join(' ')}`),
    ...change.links.map(({ path, target }) => `  ${path} → ${target}`),
    ...(done ? [...change.files.map(({ path }) => `  ${path}`), ...(change.removes ?? []).map(({ path }) => `  ${path}, removed`)] : fileDifferences([{ title, change }]).flatMap((difference) => difference.lines)),
  ]);
  return undo === undefined ? lines : [...lines, `Undo:      ${shellQuote(undo)}`];
}
