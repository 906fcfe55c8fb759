/** What one address of a nameserver showed last. */
export type View =
  /** All values. */
  | 'seen'
  /** An answer without them. */
  | 'not-yet'
  /** No usable answer so far: none at all, or a refusal. */
  | 'silent'
  /** This machine has no way to it (IPv6 without a route). */
  | 'no-route';

/** Milliseconds since the records were set, and the bounds. */
export interface Waiting {
  elapsed: number;
  /** What certbot would wait: enough for servers that do not speak to us. */
  usual: number;
  /** Longest wait for servers that answer but do not have the records yet. */
  limit: number;
}

/**
 * Whether the CA is asked now (U09): as soon as every nameserver has every value. Servers without a usable answer hold it up for the
 * usual time only; one that answers without the record for as long as the limit, and then it is a failure.
 */
export function verdict(views: readonly View[], { elapsed, usual, limit }: Waiting): 'wait' | 'go-on' | 'give-up' {
  const ways = views.filter((view) => view !== 'no-route');
  if (ways.length > 0 && ways.every((view) => view === 'seen')) return 'go-on';
  if (ways.some((view) => view === 'not-yet')) return elapsed >= limit ? 'give-up' : 'wait';
  return elapsed >= Math.min(usual, limit) ? 'go-on' : 'wait';
}
