import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { permitted, writeFileAtomic } from '../system/atomic-file.js';
import type { Directories } from './paths.js';
import { ownFolder } from './pending.js';

/** What we remember of one lineage between runs. Nothing breaks without it. */
export interface RenewalNotes {
  /** Names that --allow-subset-of-names left out of the present certificate, as the CA knows them: tried again next time (U30). */
  dropped?: readonly string[];
  /** Serial number (hexadecimal) of the certificate that was revoked from here. */
  revoked?: string;
  /** What uses it was not given its renewal yet. */
  behind?: Behind;
}

/** An installer's server, or what keeps certificates elsewhere, has an older certificate than the lineage once this has another serial number. */
export interface Behind {
  installer: string;
  /** Serial number (hexadecimal) of the certificate that it may have. */
  serial: string;
  /** When the renewal began that it has not been given, RFC 3339. */
  since: string;
}

/** By lineage; one small file for all, so that a thousand lineages cost one look. Damaged or missing counts as empty. */
export function readRenewalNotes(dirs: Directories): Readonly<Record<string, RenewalNotes>> {
  try {
    const value: unknown = JSON.parse(readFileSync(pathOf(dirs), 'utf8'));
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(Object.entries(value).map(([name, notes]) => [name, checked(notes)]));
  } catch {
    return {};
  }
}

/** Changes the notes of some lineages; an undefined part is forgotten, null forgets the lineage. The caller holds the lock. Throws PermissionMissing. */
export function changeRenewalNotes(dirs: Directories, changes: Readonly<Record<string, { [Part in keyof RenewalNotes]: RenewalNotes[Part] | undefined } | null>>): void {
  const before = readRenewalNotes(dirs);
  const after = new Map<string, unknown>(Object.entries(before));
  for (const [name, change] of Object.entries(changes)) {
    const parts = Object.entries({ ...before[name], ...change }).filter(([, value]) => value !== undefined);
    if (change === null || parts.length === 0) after.delete(name);
    else after.set(name, Object.fromEntries(parts));
  }
  const text = `${JSON.stringify(Object.fromEntries([...after].sort(([a], [b]) => (a < b ? -1 : 1))), null, 1)}\n`;
  if (text === `${JSON.stringify(before, null, 1)}\n`) return;
  const path = pathOf(dirs);
  permitted(path, 'create', () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }));
  writeFileAtomic(path, text, { mode: 0o600 });
}

function pathOf(dirs: Directories): string {
  return join(ownFolder(dirs, 'renewal-notes'), 'table.json');
}

/** A file that somebody edited must not become an exception later on. */
function checked(value: unknown): RenewalNotes {
  const { dropped, revoked, behind } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  return {
    ...(Array.isArray(dropped) && dropped.every((name) => typeof name === 'string') ? { dropped } : {}),
    ...(typeof revoked === 'string' ? { revoked } : {}),
    ...(isBehind(behind) ? { behind } : {}),
  };
}

function isBehind(value: unknown): value is Behind {
  if (typeof value !== 'object' || value === null) return false;
  const { installer, serial, since } = value as Record<string, unknown>;
  return typeof installer === 'string' && typeof serial === 'string' && typeof since === 'string';
}
