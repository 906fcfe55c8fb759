import { nextRenewal, type RenewalFacts } from './renewal-reason.js';

/** One certificate whose renewals are foretold. */
export interface ForecastLineage {
  name: string;
  server: string | null;
  /** Commands of its own that run after each renewal. */
  deployHooks: number;
  renewal: Pick<RenewalFacts, 'notBefore' | 'notAfter' | 'renewable' | 'renewBefore'>;
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
 * milliseconds, and each new certificate lives as long as the present one. Pure.
 */
export function forecast(lineages: readonly ForecastLineage[], { now, until, every }: { now: number; until: number; every: number }): Forecast {
  const renewals = lineages.flatMap((lineage) => renewalsOf(lineage, now, until, every)).sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1));
  const servers = [...new Set(renewals.map(({ server }) => server))];
  return {
    renewals,
    busiest: servers.map((server) => busiestWeek(server, renewals.filter((renewal) => renewal.server === server).map(({ at }) => at))),
    never: lineages.filter(({ renewal }) => !renewal.renewable).map(({ name }) => name),
  };
}

function renewalsOf({ name, server, deployHooks, renewal, advised }: ForecastLineage, now: number, until: number, every: number): readonly ForecastRenewal[] {
  const lifetime = renewal.notAfter - renewal.notBefore;
  const found: ForecastRenewal[] = [];
  if (lifetime <= 0) return found;
  let next = nextRenewal({ ...renewal, advised });
  let earliest = now;
  while (next) {
    // The first run at or after the moment, and not before the one that follows the last renewal.
    const at = now + Math.ceil((Math.max(next.at, earliest) - now) / every) * every;
    if (at > until) break;
    found.push({ at, name, server, deployHooks });
    next = nextRenewal({ ...renewal, notBefore: at, notAfter: at + lifetime, advised: null });
    earliest = at + every;
  }
  return found;
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
