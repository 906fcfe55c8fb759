import { lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { replaceLinks } from '../system/atomic-file.js';
import { kinds, type Kind } from './paths.js';
import { exchangeLinks } from './switch-folder.js';

type Links = Readonly<Record<Kind, string>>;

/** Keys and certificates that belong together change right after one another where they cannot change at once. */
const ORDER: readonly Kind[] = ['chain', 'cert', 'privkey', 'fullchain'];

/**
 * Points the four links to version `version` in `archive`; each is always there. Where the system can exchange two folders
 * in one step, readers see all four change at once; otherwise by four renames in a row. The form of each link (relative or
 * absolute, F11) stays. After a stop at any point, `settleFolder` and another call put it right. Rejects with PermissionMissing.
 */
export async function switchLinks(links: Links, archive: string, version: number): Promise<void> {
  const wanted = linkTargets(links, archive, version);
  if (kinds.every((kind) => linkTarget(links[kind]) === wanted[kind])) return;
  const folder = dirname(links.cert);
  const usual = kinds.every((kind) => links[kind] === join(folder, `${kind}.pem`));
  if (usual && (await exchangeLinks(folder, wanted))) return;
  await replaceLinks(ORDER.map((kind) => ({ path: links[kind], target: wanted[kind] })));
}

/** What the link says; null when there is no link. */
export function linkTarget(link: string): string | null {
  try {
    return readlinkSync(link);
  } catch {
    return null;
  }
}

/** True when something that is not a link stands at one of these places: it is not ours to replace. */
export function blockedLink(links: Links): string | null {
  return kinds.map((kind) => links[kind]).find((link) => lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() === false) ?? null;
}

/** What each link will say. One that does not lead to `archive` today gets a relative path to it. */
function linkTargets(links: Links, archive: string, version: number): Links {
  const home = realPath(archive);
  const target = (kind: Kind): string => {
    const folder = realPath(dirname(links[kind]));
    const file = `${kind}${version}.pem`;
    const now = linkTarget(links[kind]);
    if (now !== null && realPath(resolve(folder, dirname(now))) === home) return join(dirname(now), file);
    return relative(folder, join(home, file));
  };
  return { cert: target('cert'), privkey: target('privkey'), chain: target('chain'), fullchain: target('fullchain') };
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
