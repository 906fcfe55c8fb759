import type { ServerChange } from '../contract.js';
import { pathText } from './path-text.js';

/** Folders that got another place: old → new. */
export type MovedFolders = ReadonlyMap<string, string>;

/** A latin1 text with these folders, and what is in them, named at their new place; a longer name that begins so (`example.com-0001`) is another one. */
export function withMovedPaths(text: string, moved: MovedFolders): string {
  let after = text;
  for (const [from, to] of moved) {
    const words = pathText(from).replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
    after = after.replace(new RegExp(`${words}(?![\\w.-])`, 'g'), () => pathText(to));
  }
  return after;
}

/** What becomes of the files of a configuration; null = none of them names such a folder. */
export function movedPaths(files: Iterable<{ path: string; text: string }>, moved: MovedFolders): ServerChange | null {
  const changed = [...files].map(({ path, text }) => ({ path, before: text, after: withMovedPaths(text, moved) })).filter(({ before, after }) => before !== after);
  return changed.length === 0 ? null : { files: changed, links: [], commands: [], notes: changed.map(({ path }) => `Changed paths of a certificate in ${path}`), warnings: [] };
}
