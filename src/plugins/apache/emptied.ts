import { readlinkSync, realpathSync } from 'node:fs';
import { basename, isAbsolute, join, resolve } from 'node:path';
import type { ServerChange } from '../contract.js';
import { removed, spliced, type EditList } from '../server-configuration/edits.js';
import { glob, isPattern, namesIn } from '../server-configuration/glob.js';
import { pathOf } from '../server-configuration/path-text.js';
import type { Reading } from './server.js';
import type { Statement } from './tree.js';

/** What our files begin and end with, when nothing is between. */
const SHELL = /^\s*(?:<IfModule\s+"?mod_ssl\.c"?\s*>\s*<\/IfModule>\s*)*$/i;

/**
 * Files of our making in which these edits leave nothing go as a whole, with the link or the Include line that had them loaded; those lines
 * are added to the edits. One that the server would miss (a pattern of an Include that matches nothing else) stays, empty.
 */
export function emptied({ tree }: Reading, edits: EditList, { serverRoot, sitesEnabled, extension }: { serverRoot: string; sitesEnabled: string | null; extension: string }): Pick<ServerChange, 'commands'> & { removes: NonNullable<ServerChange['removes']> } {
  const removes: { path: string; before: string }[] = [];
  const commands: { run: readonly string[]; undo: readonly string[] }[] = [];
  const includes = includesOf(tree.statements).map(({ node, file, name, values: [target = ''] }) => ({ node, file, optional: name === 'includeoptional', target: isAbsolute(pathOf(target)) ? pathOf(target) : join(serverRoot, pathOf(target)) }));
  for (const [path, own] of edits.all()) {
    const file = tree.files.get(path);
    if (!file || !(basename(path).endsWith(extension) || basename(path).startsWith('le-redirect')) || !SHELL.test(spliced(file.text, own))) continue;
    const links = sitesEnabled === null ? [] : linksTo(path, sitesEnabled);
    const named = includes.filter(({ target }) => !isPattern(target) && realOf(target) === path);
    const missed = includes.some(({ target, optional }) => !optional && isPattern(target) && glob(target).every((each) => realOf(each) === path));
    if (missed) continue;
    for (const { node, file: within } of named) edits.add(within, removed(within, node));
    // The link goes first: one that leads nowhere stops the server.
    commands.push(...links.map(({ link, target }) => ({ run: ['rm', '-f', link], undo: ['ln', '-sfn', target, link] })));
    removes.push({ path, before: file.text });
  }
  return { removes, commands };
}

function includesOf(statements: readonly Statement[]): readonly Statement[] {
  return statements.flatMap((each) => [...(each.name === 'include' || each.name === 'includeoptional' ? [each] : []), ...includesOf(each.children)]);
}

/** The links of a folder that lead to a file. */
function linksTo(path: string, folder: string): readonly { link: string; target: string }[] {
  return namesIn(folder).flatMap((name) => {
    const link = join(folder, name);
    try {
      const target = readlinkSync(link);
      return realOf(resolve(folder, target)) === path ? [{ link, target }] : [];
    } catch {
      return [];
    }
  });
}

/** Null: it leads nowhere. */
function realOf(path: string): string | null {
  try {
    return realpathSync.native(path);
  } catch {
    return null;
  }
}
