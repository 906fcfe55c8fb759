import type { RenewalAdvice } from '../../store/renewal-advice.js';
import { authenticatorsOf } from './authenticators-by-name.js';
import { isSet, type Settings, type Source } from '../settings.js';
import { nextRenewal, renewalReason, type RenewalFacts, type RenewalReason } from './renewal-reason.js';
import { savedOptions } from './renewal-settings.js';
import { renewedBy, type ScheduleFact } from './schedule-fact.js';
import { directoryWords, scheduleWords } from './directory-words.js';

/** What is known of one lineage and of what would renew it. */
export interface WhyFacts {
  now: number;
  lineage: {
    name: string;
    names: readonly string[];
    renewal: Pick<RenewalFacts, 'now' | 'notBefore' | 'notAfter' | 'renewable' | 'renewBefore'>;
    /** `ari_retry_after` of the renewal file: local time without a zone. */
    askAgain: string | null;
  };
  revoked: boolean;
  advice: RenewalAdvice | null;
  /** The other half of its pair, which is renewed whenever it is (U23); null without one, or with --no-dual. */
  partner: { name: string; renewal: WhyFacts['lineage']['renewal']; revoked: boolean; advised: number | null } | null;
  /** As `renew` would use them: the renewal file, and what this command line or a configuration file says. */
  settings: Settings;
  /** Names of the plugins that can prove. */
  authenticators: readonly string[];
  hooks: WhyReport['hooks'];
  schedule: ScheduleFact;
}

/** What stands in the way of a renewal, and the words of the command that would change it. */
export interface Hindrance {
  what: 'autorenew-off' | 'by-hand' | 'no-authenticator' | 'plugin-missing' | 'no-schedule';
  detail?: string;
  change: readonly string[];
}

interface NextRenewal {
  at: number;
  by: 'date' | 'advised';
  rule: 'third' | 'half' | 'renew_before_expiry';
}

/** When and why a certificate is renewed or not (N24). Times in milliseconds since the epoch. */
export interface WhyReport {
  name: string;
  names: readonly string[];
  notAfter: number;
  /** Why it would be renewed at once; null = not yet. */
  now: RenewalReason | null;
  /** When it will be due; null = never by itself. */
  next: NextRenewal | null;
  /** The other half of its pair, with what its own certificate says; the two are renewed when the first of them is due. */
  partner: { name: string; now: RenewalReason | null; next: NextRenewal | null } | null;
  advice: { start: number; end: number; moment: number; explanation?: string } | null;
  askAgain: string | null;
  /** What starts `renew`, and when next. */
  job: { name: string; next?: number } | null;
  hindrances: readonly Hindrance[];
  /** In the order in which they run. */
  hooks: { pre: readonly string[]; deploy: readonly string[]; post: readonly string[] };
  options: readonly { name: string; value: string; source: Source }[];
}

const TEN_DAYS = 10 * 86_400_000;

/** Everything that decides about the renewal of one certificate, by the decision that `renew` itself makes. Pure. */
export function whyReport(facts: WhyFacts): WhyReport {
  const { lineage, advice, revoked, partner, settings, schedule } = facts;
  const { renewal } = lineage;
  const advised = advice?.moment ?? null;
  const job = renewedBy(schedule, settings.values.configDir);
  return {
    name: lineage.name,
    names: lineage.names,
    notAfter: renewal.notAfter,
    ...moments(renewal, revoked, advised),
    partner: partner && { name: partner.name, ...moments(partner.renewal, partner.revoked, partner.advised) },
    advice: advice && { start: advice.start, end: advice.end, moment: advice.moment, ...(advice.explanation === undefined ? {} : { explanation: advice.explanation }) },
    askAgain: lineage.askAgain,
    job: job && { name: job.name, ...(job.next === undefined ? {} : { next: job.next }) },
    hindrances: hindrances(facts, job !== null),
    hooks: facts.hooks,
    options: optionsOf(settings),
  };
}

function moments(renewal: WhyFacts['lineage']['renewal'], revoked: boolean, advised: number | null): Pick<WhyReport, 'now' | 'next'> {
  const next = nextRenewal({ ...renewal, advised });
  const short = renewal.notAfter - renewal.notBefore < TEN_DAYS;
  return {
    now: renewalReason({ ...renewal, revoked, advised, forced: false }),
    next: next && { ...next, rule: renewal.renewBefore === null ? (short ? 'half' : 'third') : 'renew_before_expiry' },
  };
}

function hindrances({ lineage, settings, authenticators }: WhyFacts, scheduled: boolean): readonly Hindrance[] {
  const { authenticator } = settings.values;
  const where = settings.values.userDirs ? ['--user-dirs'] : directoryWords(settings.values);
  const reconfigure = [settings.program, 'reconfigure', ...where, '--cert-name', lineage.name];
  const found: Hindrance[] = [];
  if (!lineage.renewal.renewable) found.push({ what: 'autorenew-off', change: [...reconfigure, '--autorenew'] });
  if (authenticator === undefined) found.push({ what: 'no-authenticator', change: [settings.program, 'certonly', ...where, '--cert-name', lineage.name] });
  const missing = authenticatorsOf(settings).find((name) => !authenticators.includes(name));
  if (missing !== undefined) found.push({ what: 'plugin-missing', detail: missing, change: [...reconfigure, '--authenticator', 'webroot'] });
  else if (authenticatorsOf(settings).includes('manual') && !isSet(settings, 'manual_auth_hook')) found.push({ what: 'by-hand', change: [...reconfigure, '--manual-auth-hook', 'COMMAND'] });
  if (!scheduled) found.push({ what: 'no-schedule', change: [settings.program, ...scheduleWords(settings.values)] });
  return found;
}

/** Options that a renewal uses, by certbot's names: those that were set somewhere, and the few that always count. */
function optionsOf(settings: Settings): WhyReport['options'] {
  const always = new Set(['server', 'key_type', 'authenticator']);
  const { authenticatorMap } = settings.values;
  const beside = Object.keys(authenticatorMap).length > 0 ? [{ name: 'certwright.authenticators', value: shown(authenticatorMap), source: settings.sources['authenticatorMap'] ?? ('default' as const) }] : [];
  const own = savedOptions.flatMap(([name, option]) => {
    const value = settings.values[option];
    if (value === undefined || (!isSet(settings, option) && !always.has(name))) return [];
    return [{ name, value: shown(value), source: settings.sources[option] ?? 'default' }];
  });
  const plugin = Object.entries(settings.plugin).flatMap(([name, value]) => (value === undefined || !isSet(settings, name) ? [] : [{ name, value: shown(value), source: settings.sources[name] ?? ('default' as const) }]));
  return [...own, ...beside, ...plugin];
}

function shown(value: unknown): string {
  if (Array.isArray(value)) return value.join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
