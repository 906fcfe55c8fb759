import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { printableLine } from '../system/printable.js';

/** The version of `contract.ts` that packages are made for: `"certwright": { "contract": 1 }` in their package.json. */
export const CONTRACT = 1;

const NAME = /^certwright-plugin-[a-z0-9][a-z0-9._-]*$/;

/** A package of plugins by somebody else. */
export interface PluginPackage {
  /** With its scope. */
  name: string;
  /** Where it is. */
  folder: string;
  /** The file that is loaded. */
  entry: string;
}

export interface FoundPackages {
  packages: readonly PluginPackage[];
  /** What is not loaded and why, a sentence each. */
  passedOver: readonly string[];
}

/** The folder in which certwright itself stands beside other packages; null in a checkout. `own`: the folder of certwright's package. */
export function besideCertwright(own: string): string | null {
  const folder = resolve(own, '..');
  return basename(folder) === 'node_modules' ? folder : null;
}

/**
 * Packages named `certwright-plugin-*`, with or without a scope, in these folders; nothing of them is run. Their code will run with all our
 * rights: what others than root, or `user`, could have put there or may change, the folders above it too, is passed over. One look at each folder. Never throws.
 */
export function findPackages(folders: readonly string[], user: number | undefined): FoundPackages {
  const packages = new Map<string, PluginPackage>();
  const passedOver: string[] = [];
  for (const folder of folders) {
    for (const [name, path] of candidatesIn(folder)) {
      if (packages.has(name)) continue;
      try {
        packages.set(name, readPackage(name, path, user));
      } catch (error) {
        passedOver.push(`The plugin package ${printableLine(path, 300)} is not used: ${printableLine(error instanceof Error ? error.message : String(error), 300)}.`);
      }
    }
  }
  return { packages: [...packages.values()], passedOver };
}

function candidatesIn(folder: string): readonly (readonly [name: string, path: string])[] {
  const names = namesIn(folder);
  const scoped = names.filter((name) => name.startsWith('@')).flatMap((scope) => namesIn(join(folder, scope)).map((name) => `${scope}/${name}`));
  return [...names, ...scoped].filter((name) => NAME.test(basename(name))).sort().map((name) => [name, join(folder, name)]);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readPackage(name: string, path: string, user: number | undefined): PluginPackage {
  const real = realpathSync(path);
  // A link can be exchanged where it stands, what it leads to where that stands.
  for (const each of new Set([...above(realpathSync(dirname(path))), ...above(real)])) refuseOfOthers(each, user);
  for (const each of readdirSync(real, { recursive: true, encoding: 'utf8' })) refuseOfOthers(join(real, each), user);
  const manifest: unknown = JSON.parse(readFileSync(join(real, 'package.json'), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null) throw new Error('its package.json holds no object');
  const contract = 'certwright' in manifest && typeof manifest.certwright === 'object' && manifest.certwright !== null && 'contract' in manifest.certwright ? manifest.certwright.contract : undefined;
  if (contract !== CONTRACT) throw new Error(contract === undefined ? 'its package.json does not say "certwright": { "contract": 1 }' : `it is made for version ${String(contract)} of the contract, and this certwright has version ${CONTRACT}`);
  const entry = resolve(real, entryOf(manifest));
  if (!entry.startsWith(real + sep) || !existsSync(entry)) throw new Error('the file that its package.json names is not in it');
  if (!realpathSync(entry).startsWith(real + sep)) throw new Error('the file that its package.json names is a link out of it');
  return { name, folder: path, entry };
}

/** The folder and all above it. */
function above(folder: string): readonly string[] {
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...above(parent)];
}

/** Throws for what somebody else could have written. In a folder with the sticky bit (/tmp) nobody can exchange what is not theirs. */
function refuseOfOthers(path: string, user: number | undefined): void {
  if (user === undefined) return;
  const stat = statSync(path);
  const { uid, gid, mode } = stat;
  if (uid !== 0 && uid !== user) throw new Error(`${path} belongs to another user, who could have anything done by certwright`);
  if (stat.isDirectory() && (mode & 0o1000) !== 0) return;
  if ((mode & 0o002) !== 0 || (user === 0 && gid !== 0 && (mode & 0o020) !== 0)) throw new Error(`${path} can be written by others, who could have anything done by certwright (chmod go-w)`);
}

/** The module of a package, as Node finds it: `exports`, then `main`, then index.js. */
function entryOf(manifest: object): string {
  const said = 'exports' in manifest ? manifest.exports : undefined;
  const root = typeof said === 'object' && said !== null && '.' in said ? said['.'] : said;
  const found = typeof root === 'object' && root !== null ? ['import' in root ? root.import : undefined, 'default' in root ? root.default : undefined].find((each) => typeof each === 'string') : root;
  if (typeof found === 'string') return found;
  return 'main' in manifest && typeof manifest.main === 'string' ? manifest.main : 'index.js';
}
