import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { permitted, writeFileAtomic } from '../system/atomic-file.js';
import type { Directories } from './paths.js';
import { ownFolder } from './pending.js';

/** What a CA suggested for one certificate (RFC 9773 section 4.2), and the moment that was drawn from it. Milliseconds since the epoch. */
export interface RenewalAdvice {
  /** Of the certificate, as `Lineage.serial`: advice for an earlier version says nothing. */
  serial: string;
  start: number;
  end: number;
  /** Drawn once for each certificate and window, so that a check twice a day does not draw until an early one comes (T12). */
  moment: number;
  explanation?: string;
}

/** Advice by name of the lineage. One file of our own for all: certbot's renewal files only remember when to ask again. */
export type AdviceTable = Readonly<Record<string, RenewalAdvice>>;

/** What is remembered; empty when there is nothing or it cannot be read, for then the CA is asked anew. */
export function readAdvice(dirs: Directories): AdviceTable {
  try {
    const table: unknown = JSON.parse(readFileSync(pathOf(dirs), 'utf8'));
    if (typeof table !== 'object' || table === null || Array.isArray(table)) return {};
    return Object.fromEntries(Object.entries(table).filter((entry): entry is [string, RenewalAdvice] => isAdvice(entry[1])));
  } catch {
    return {};
  }
}

/** Replaces the table at once. Throws PermissionMissing. */
export function writeAdvice(dirs: Directories, table: AdviceTable): void {
  const path = pathOf(dirs);
  permitted(path, 'create', () => mkdirSync(dirname(path), { recursive: true, mode: 0o700 }));
  writeFileAtomic(path, `${JSON.stringify(table)}\n`, { mode: 0o600 });
}

function pathOf(dirs: Directories): string {
  return join(ownFolder(dirs, 'renewal-advice'), 'table.json');
}

function isAdvice(value: unknown): value is RenewalAdvice {
  if (typeof value !== 'object' || value === null) return false;
  const { serial, start, end, moment } = value as Record<string, unknown>;
  return typeof serial === 'string' && [start, end, moment].every((time) => typeof time === 'number' && Number.isFinite(time));
}
