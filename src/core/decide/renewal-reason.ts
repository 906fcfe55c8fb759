/** Why a certificate is renewed now: asked for, revoked, old enough by its dates, or wished by its CA (RFC 9773). */
export type RenewalReason = 'forced' | 'revoked' | 'date' | 'advised';

/** The reasons as ends of a sentence. */
export const reasonWords: Readonly<Record<RenewalReason, string>> = { forced: 'it was asked for', date: 'it is due by its dates', advised: 'its certificate authority asks for it', revoked: 'it was revoked' };

/** What the decision depends on. Times in milliseconds since the epoch. */
export interface RenewalFacts {
  now: number;
  notBefore: number;
  notAfter: number;
  /** `autorenew = False` in the renewal file. */
  renewable: boolean;
  /** `renew_before_expiry` of the renewal file, milliseconds; null = the rule for lifetimes. */
  renewBefore: number | null;
  /** Known to be revoked. */
  revoked: boolean;
  /** The moment drawn from the window that the CA suggests; null = it suggests none, or is not known. */
  advised: number | null;
  /** --force-renewal or --dry-run. */
  forced: boolean;
}

const DAY = 86_400_000;

/** When the dates alone make it due: with a third of the lifetime left, half for lifetimes under ten days (certbot 4.0, C06). */
export function dueAt({ notBefore, notAfter, renewBefore }: Pick<RenewalFacts, 'notBefore' | 'notAfter' | 'renewBefore'>): number {
  const lifetime = notAfter - notBefore;
  return notAfter - (renewBefore ?? (lifetime < 10 * DAY ? lifetime / 2 : lifetime / 3));
}

/** Whether a certificate is renewed now and why; null = not now. What the CA advises can only make it earlier. */
export function renewalReason(facts: RenewalFacts): RenewalReason | null {
  if (facts.forced) return 'forced';
  if (!facts.renewable) return null;
  if (facts.revoked) return 'revoked';
  if (facts.now >= dueAt(facts)) return 'date';
  return facts.advised !== null && facts.advised <= facts.now ? 'advised' : null;
}

/** When it will be due if nothing changes: by its dates or by the advice, whichever is earlier; null with `autorenew = False`. */
export function nextRenewal(facts: Pick<RenewalFacts, 'notBefore' | 'notAfter' | 'renewBefore' | 'renewable' | 'advised'>): { at: number; by: 'date' | 'advised' } | null {
  if (!facts.renewable) return null;
  const at = dueAt(facts);
  return facts.advised !== null && facts.advised < at ? { at: facts.advised, by: 'advised' } : { at, by: 'date' };
}
