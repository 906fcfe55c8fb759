import type { Behind } from '../../store/renewal-notes.js';

/**
 * Whether an installer is still to be given the renewal of a lineage. `due`: yes; `waiting`: this command line names another installer;
 * `over`: the lineage has the certificate that it had (the renewal came to nothing), or another installer now. Pure.
 */
export function installDue(behind: Behind, lineage: { serial: string; /** Of its renewal file. */ saved: string | undefined; /** For this run. */ installer: string | undefined }): 'due' | 'waiting' | 'over' {
  if (lineage.serial === behind.serial) return 'over';
  if (lineage.installer === behind.installer) return 'due';
  return lineage.saved === behind.installer ? 'waiting' : 'over';
}

/** What is remembered before a lineage is renewed: what it was behind already stays the oldest. Pure. */
export function behindWith(before: Behind | undefined, installer: string, serial: string, now: number): Behind {
  if (before?.installer === installer && before.serial !== serial) return before;
  return { installer, serial, since: new Date(now).toISOString() };
}
