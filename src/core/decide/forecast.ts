import { inPairs } from './renewal-pairs.js';
import { nextRenewal, type RenewalFacts } from './renewal-reason.js';

/** One certificate whose renewals are foretold. */
export interface ForecastLineage {
  name: string;
  server: string | null;
  /** Commands of its own that run after each renewal. */
  deployHooks: number;
  renewal: Pick<RenewalFacts, 'notBefore' | 'notAfter' | 'renewable' | 'renewBefore'> & { partner?: string };
  /** The moment that its CA's advice gave, as long as this certificate is in use. */
  advised: number | null;
}

/** One renewal to come. Milliseconds since the epoch. */
export interface ForecastRenewal {
  at: number;
  name: string;
  server: string | null;
  deployHooks: number;
}

export interface Forecast {
  renewals: readonly ForecastRenewal[];
  /** Most certificates of one CA in any seven days in a row: what its limits are about. */
  busiest: readonly { server: string | null; certificates: number; from: number }[];
  /** Those that are never renewed by themselves. */
  never: readonly string[];
}

const WEEK = 7 * 86_400_000;

/**
 * The renewals of the time to come (N25), by the decision that `renew` makes, when it runs at `now` and then every `every`
 * milliseconds, and each new certificate lives as long as the present one. The two of a pair are two orders at one time. Pure.
 */
export function forecast(lineages: readonly ForecastLineage[], { now, until, every }: { now: number; until: number; every: number }): Forecast {
  const renewals = inPairs(lineages).flatMap((group) => renewalsOf(group, now, until, every)).sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  const servers = [...new Set(renewals.map(({ server }) => server))];
  return {
    renewals,
    busiest: servers.map((server) => busiestWeek(server, renewals.filter((renewal) => renewal.server === server).map(({ at }) => at))),
    never: lineages.filter(({ renewal }) => !renewal.renewable).map(({ name }) => name),
  };
}

/** A certificate alone or the two of a pair: what is due takes its partner along. */
function renewalsOf(group: readonly ForecastLineage[], now: number, until: number, every: number): readonly ForecastRenewal[] {
  const found: ForecastRenewal[] = [];
  const living = group.filter(({ renewal }) => renewal.notAfter > renewal.notBefore).map((lineage) => ({ ...lineage, earliest: now }));
  for (;;) {
    // The first run at or after the moment, and not before the one that follows the last renewal.
    const runs = living.map(({ renewal, advised, earliest }) => {
      const next = nextRenewal({ ...renewal, advised });
      return next ? now + Math.ceil((Math.max(next.at, earliest) - now) / every) * every : Number.POSITIVE_INFINITY;
    });
    const at = Math.min(...runs);
    if (living.length === 0 || at > until) return found;
    const along = new Set(living.filter((_, index) => runs[index] === at).map(({ renewal }) => renewal.partner));
    for (const [index, lineage] of living.entries()) {
      const { name, server, deployHooks, renewal } = lineage;
      if (runs[index] !== at && !(along.has(name) && renewal.renewable)) continue;
      found.push({ at, name, server, deployHooks });
      living[index] = { ...lineage, renewal: { ...renewal, notBefore: at, notAfter: at + renewal.notAfter - renewal.notBefore }, advised: null, earliest: at + every };
    }
  }
}

function busiestWeek(server: string | null, times: readonly number[]): Forecast['busiest'][number] {
  let best = { server, certificates: 0, from: times[0] ?? 0 };
  let last = 0;
  for (const [first, from] of times.entries()) {
    while (last < times.length && (times[last] ?? 0) < from + WEEK) last += 1;
    if (last - first > best.certificates) best = { server, certificates: last - first, from };
  }
  return best;
}
