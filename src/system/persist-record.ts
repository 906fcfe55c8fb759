/**
 * The TXT record of dns-persist-01 (draft-ietf-acme-dns-persist-01 section 4): an issue-value (RFC 8659 section 4.2) with the CA's name, the
 * account that may obtain, and how far and how long that goes.
 */
export interface PersistRecord {
  /** A name by which the CA calls itself. */
  issuer: string;
  accountUrl: string;
  /** `policy=wildcard`: also `*.NAME` and, where the CA takes it so, every name below. */
  wildcard: boolean;
  /** `persistUntil`, seconds since the epoch; absent = for ever. */
  until?: number;
}

/** Who asks to be authorized by a record, for what. */
export interface PersistNeed {
  /** All names by which the CA calls itself. */
  issuers: readonly string[];
  accountUrl: string;
  wildcard: boolean;
}

/** What one value under `_validation-persist.NAME` says about a need. */
export type PersistVerdict =
  | { state: 'good'; until?: number }
  /** Of another CA, or nothing of this kind: no concern of ours. */
  | { state: 'other' }
  /** `why`: half a sentence about the record. */
  | { state: 'bad'; why: string };

/** Bytes of one string of a TXT record (RFC 1035 section 3.3.14). */
const LONGEST_STRING = 255;

/** The value as it has to stand in the DNS. */
export function persistRecordText({ issuer, accountUrl, wildcard, until }: PersistRecord): string {
  return [issuer, `accounturi=${accountUrl}`, ...(wildcard ? ['policy=wildcard'] : []), ...(until === undefined ? [] : [`persistUntil=${until}`])].join('; ');
}

/**
 * Whether this value lets the account obtain, as a CA will judge it: the CA's name in any case and with or without a dot at the end, white
 * space around the parts, tags in any case, unknown parameters passed over, none of the known ones twice; the account letter by letter.
 * `now` in milliseconds since the epoch.
 */
export function judgePersistRecord(text: string, { issuers, accountUrl, wildcard }: PersistNeed, now: number): PersistVerdict {
  const [head = '', ...parts] = text.split(';');
  const issuer = plainName(head);
  if (!issuers.some((name) => plainName(name) === issuer)) return { state: 'other' };
  const bad = (why: string): PersistVerdict => ({ state: 'bad', why });
  const said = new Map<string, string>();
  for (const part of parts.length === 1 && trim(parts[0] ?? '') === '' ? [] : parts) {
    const [, tag = '', value = ''] = /^([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)[ \t]*=[ \t]*([\x21-\x3a\x3c-\x7e]*)$/i.exec(trim(part)) ?? [];
    if (tag === '') return bad(trim(part) === '' ? 'has a semicolon too many' : `has a part that is no TAG=VALUE: ${JSON.stringify(trim(part).slice(0, 60))}`);
    const key = tag.toLowerCase();
    if (said.has(key) && ['accounturi', 'policy', 'persistuntil'].includes(key)) return bad(`says ${tag} twice`);
    said.set(key, value);
  }
  const account = said.get('accounturi');
  if (account === undefined) return bad('has no accounturi');
  if (account !== accountUrl) return bad(`is for another account: ${account.slice(0, 200)}`);
  const until = said.get('persistuntil');
  if (until !== undefined && !/^\d{1,12}$/.test(until)) return bad('has a persistUntil that is no number of seconds since 1970');
  if (until !== undefined && now > Number(until) * 1000) return bad(`ended ${persistDay(Number(until))} (persistUntil=${until})`);
  if (wildcard && said.get('policy')?.toLowerCase() !== 'wildcard') return bad('has no policy=wildcard, which a name with *. needs');
  return { state: 'good', ...(until === undefined ? {} : { until: Number(until) }) };
}

/** The one of several values that counts: the good one that lasts longest, else the first that tries to be one. */
export function judgePersistRecords(texts: readonly string[], need: PersistNeed, now: number): PersistVerdict {
  const verdicts = texts.map((text) => judgePersistRecord(text, need, now));
  const good = verdicts.filter((verdict) => verdict.state === 'good').toSorted((a, b) => (b.until ?? Infinity) - (a.until ?? Infinity));
  return good[0] ?? verdicts.find(({ state }) => state === 'bad') ?? { state: 'other' };
}

/** `2027-01-31`, in UTC. */
export function persistDay(until: number): string {
  return new Date(until * 1000).toISOString().slice(0, 10);
}

/** The record as a line of a zone file; a value that is longer than a string of the DNS is several strings. */
export function txtZoneLine(name: string, value: string): string {
  const strings = value.match(new RegExp(`.{1,${LONGEST_STRING}}`, 'gs')) ?? [''];
  return `${name}. 300 IN TXT ${strings.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(' ')}`;
}

function plainName(text: string): string {
  return trim(text).toLowerCase().replace(/\.$/, '');
}

function trim(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
