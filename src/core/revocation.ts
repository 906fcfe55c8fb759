import type { Lineage } from '../store/lineage.js';
import type { RenewalNotes } from '../store/renewal-notes.js';
import type { World } from './world.js';

/** That a certificate is revoked, and how we know: its CA's OCSP or CRL, or because it was done from here. */
export interface Revocation {
  by: 'OCSP' | 'CRL' | 'us';
  /** Milliseconds since 1970, when it is told. */
  at?: number;
}

/** Certificates that are asked about at the same time. */
const AT_ONCE = 12;

/**
 * Which of these lineages' certificates are revoked (C19, N18): as the notes know, by OCSP where the certificate names a responder, else by its CRL. Expired
 * ones are not asked about, for their CA no longer tells. What cannot be learnt counts as not revoked; the reason stands in
 * the log, and is said where `patienceMs` bounds how long each is waited for. Throws Cancelled. Loads network code only when some certificate says where to ask.
 */
export async function revokedLineages(lineages: readonly Lineage[], notes: Readonly<Record<string, RenewalNotes>>, world: World, patienceMs?: number): Promise<ReadonlyMap<string, Revocation>> {
  const now = world.clock.now();
  const revoked = new Map<string, Revocation>();
  for (const { name, serial } of lineages) if (notes[name]?.revoked === serial) revoked.set(name, { by: 'us' });
  const waiting = lineages.filter(({ name, notAfter, revocation }) => !revoked.has(name) && notAfter.getTime() > now && (revocation.ocsp !== undefined || revocation.crls.length > 0));
  if (waiting.length === 0) return revoked;
  const { revocationChecker } = await import('./revocation-checker.js');
  const check = revocationChecker(world, patienceMs);
  const work = async (): Promise<void> => {
    for (let lineage = waiting.shift(); lineage && !world.signal.aborted; lineage = waiting.shift()) {
      const found = await check(lineage);
      if (found) revoked.set(lineage.name, found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  world.signal.throwIfAborted();
  return revoked;
}
