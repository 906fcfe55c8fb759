import { statSync } from 'node:fs';
import type { Facts } from './decide/facts.js';
import type { WebrootMap } from './settings.js';

/** The facts with what is wrong with the web folders that a person typed: the first that is not there, or is no folder. */
export function withFolders(facts: Facts, answer: WebrootMap): Facts {
  const problem = Object.entries(answer).map(([name, path]) => problemOf(name, path)).find((found) => found !== null) ?? null;
  return { ...facts, folders: { answer, ...(problem === null ? {} : { problem }) } };
}

function problemOf(name: string, path: string): string | null {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? `${path} does not exist, so it cannot be the web folder of ${name}.` : found.isDirectory() ? null : `${path} is not a folder, so it cannot be the web folder of ${name}.`;
  } catch (error) {
    return `${path} cannot be looked at (${(error as NodeJS.ErrnoException).code ?? String(error)}), so it cannot be the web folder of ${name}.`;
  }
}
