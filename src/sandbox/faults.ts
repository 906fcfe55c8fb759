import { UsageError } from '../core/errors.js';

/** A fault that strikes now and then. */
export interface RateFault {
  /** Share of the requests that it strikes, 0 to 1. */
  rate: number;
  /** Seconds for the Retry-After header (429 and 5xx). */
  retryAfter?: number;
  /** Only requests whose path contains this text. */
  on?: string;
  /** At most this many times, then never again. */
  times?: number;
}

/** What the sandbox does wrong on purpose. All absent: nothing. */
export interface Faults {
  /** A good nonce is refused (only POST). */
  badNonce?: RateFault;
  /** 500, 502 or 503 in place of an answer. */
  serverError?: RateFault;
  /** 429 rateLimited. */
  rateLimited?: RateFault;
  /** The connection is cut, half of the time after the request has been carried out. */
  drop?: RateFault;
  /** The answer's body is cut in the middle of its JSON or PEM. */
  malformed?: RateFault;
  /** An authorization expires at the moment its challenge is answered. */
  expireAuthz?: RateFault;
  /** An order goes invalid while it is processing. */
  orderInvalid?: RateFault;
  /** Milliseconds before every answer. */
  latency?: { min: number; max: number };
  /** Milliseconds that every body takes, sent in pieces. */
  slowBody?: number;
  /** Seed of the random numbers: the same seed and requests give the same faults. */
  seed?: number;
}

export type RateFaultName = 'badNonce' | 'serverError' | 'rateLimited' | 'drop' | 'malformed' | 'expireAuthz' | 'orderInvalid';

const RATE_FAULTS = new Map<string, RateFaultName>([
  ['badnonce', 'badNonce'],
  ['5xx', 'serverError'],
  ['429', 'rateLimited'],
  ['drop', 'drop'],
  ['malformed', 'malformed'],
  ['expireauthz', 'expireAuthz'],
  ['orderinvalid', 'orderInvalid'],
]);

const EXAMPLE = "badNonce=20%,5xx=10%,drop=5%,429=2%:retry-after=3,latency=50ms,slowBody=200ms,malformed=1%,expireAuthz,orderInvalid,seed=7";

function wrong(part: string, why: string): UsageError {
  return new UsageError(`Sandbox fault "${part}": ${why}`, { hint: `An example: ${EXAMPLE}` });
}

function parseRate(text: string, part: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text);
  const value = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : Number.NaN;
  if (!(value >= 0 && value <= 1)) throw wrong(part, `"${text}" is not a share: give 0% to 100%, or 0 to 1.`);
  return value;
}

function parseDuration(text: string, part: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  const value = match ? Number(match[1]) * (match[2] === 's' ? 1000 : 1) : Number.NaN;
  if (!(value <= 600_000)) throw wrong(part, `"${text}" is not a duration: give for example 50ms or 2s, at most 600s.`);
  return value;
}

function parseCount(text: string, part: string, what: string): number {
  if (!/^\d{1,9}$/.test(text)) throw wrong(part, `${what} "${text}" is not a whole number.`);
  return Number(text);
}

function parseRateFault(value: string | undefined, modifiers: readonly string[], part: string): RateFault {
  const fault: RateFault = { rate: value === undefined ? 1 : parseRate(value, part) };
  for (const modifier of modifiers) {
    const [name = '', ...rest] = modifier.split('=');
    const text = rest.join('=');
    if (name === 'retry-after') fault.retryAfter = parseCount(text, part, 'retry-after');
    else if (name === 'times') fault.times = parseCount(text, part, 'times');
    else if (name === 'on' && text !== '') fault.on = text;
    else throw wrong(part, `unknown addition "${modifier}": known are retry-after=SECONDS, times=COUNT, on=PART-OF-PATH.`);
  }
  return fault;
}

/**
 * Reads a list of faults: comma separated `name`, `name=value`, each rate with additions after colons, for example
 * `429=2%:retry-after=3,5xx:on=new-order:times=1,latency=50ms-200ms,seed=7`. A name without a value strikes always.
 * Throws UsageError that names the part which is wrong.
 */
export function parseFaults(text: string): Faults {
  const faults: Faults = {};
  const seen = new Set<string>();
  for (const part of text.split(',').map((each) => each.trim())) {
    if (part === '') continue;
    const [head = '', ...modifiers] = part.split(':');
    const [name = '', ...rest] = head.split('=');
    const value = rest.length === 0 ? undefined : rest.join('=');
    const key = name.toLowerCase();
    if (seen.has(key)) throw wrong(part, `${name} is given twice.`);
    seen.add(key);
    const rateName = RATE_FAULTS.get(key);
    if (rateName !== undefined) {
      faults[rateName] = parseRateFault(value, modifiers, part);
      continue;
    }
    if (modifiers.length > 0) throw wrong(part, `${name} takes no additions.`);
    if (key === 'latency') {
      const [low = '', high = low] = (value ?? '').split('-');
      faults.latency = { min: parseDuration(low, part), max: parseDuration(high, part) };
      if (faults.latency.max < faults.latency.min) throw wrong(part, 'the second duration is less than the first.');
    } else if (key === 'slowbody') faults.slowBody = parseDuration(value ?? '', part);
    else if (key === 'seed') faults.seed = parseCount(value ?? '', part, 'seed');
    else throw wrong(part, `unknown fault "${name}". Known: badNonce, 5xx, 429, drop, malformed, latency, slowBody, expireAuthz, orderInvalid, seed.`);
  }
  return faults;
}

/** Mulberry32: small, seedable, good enough to spread faults. Gives numbers from 0 up to 1. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** The faults at work: rolls the dice and counts. */
export class FaultDice {
  readonly random: () => number;
  private readonly struck = new Map<RateFaultName, number>();
  constructor(readonly faults: Faults) {
    this.random = faults.seed === undefined ? Math.random : seededRandom(faults.seed);
  }

  /** The fault, when it strikes this request; otherwise undefined. */
  strikes(name: RateFaultName, path: string): RateFault | undefined {
    const fault = this.faults[name];
    if (fault === undefined || (fault.on !== undefined && !path.includes(fault.on))) return undefined;
    const count = this.struck.get(name) ?? 0;
    if (fault.times !== undefined && count >= fault.times) return undefined;
    if (this.random() >= fault.rate) return undefined;
    this.struck.set(name, count + 1);
    return fault;
  }

  /** Milliseconds to wait before this answer. */
  latency(): number {
    const { latency } = this.faults;
    return latency === undefined ? 0 : latency.min + this.random() * (latency.max - latency.min);
  }
}
