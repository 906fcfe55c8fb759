import { describe, expect, it } from 'vitest';
import { judgePersistRecord, judgePersistRecords, persistRecordText, txtZoneLine } from '../../src/system/persist-record.js';

const ACCOUNT = 'https://ca.example/acct/123';
const NOW = Date.UTC(2026, 10, 26, 12);
const need = { issuers: ['authority.example', 'ca.example.net'], accountUrl: ACCOUNT, wildcard: false };
const judge = (text: string, wildcard = false) => judgePersistRecord(text, { ...need, wildcard }, NOW);
/** The reason, or the state where there is none. */
const verdict = (text: string, wildcard = false): string => {
  const found = judge(text, wildcard);
  return found.state === 'bad' ? found.why : found.state;
};

describe('the value', () => {
  it.each([
    [{ issuer: 'authority.example', accountUrl: ACCOUNT, wildcard: false }, 'authority.example; accounturi=https://ca.example/acct/123'],
    [{ issuer: 'authority.example', accountUrl: ACCOUNT, wildcard: true }, 'authority.example; accounturi=https://ca.example/acct/123; policy=wildcard'],
    [{ issuer: 'ca.example.net', accountUrl: ACCOUNT, wildcard: true, until: 1_767_225_600 }, 'ca.example.net; accounturi=https://ca.example/acct/123; policy=wildcard; persistUntil=1767225600'],
  ])('%j', (record, text) => {
    expect(persistRecordText(record)).toBe(text);
  });

  it('is good for what it was made for', () => {
    for (const wildcard of [false, true]) {
      for (const until of [undefined, NOW / 1000 + 1]) {
        const text = persistRecordText({ issuer: 'ca.example.net', accountUrl: ACCOUNT, wildcard, ...(until === undefined ? {} : { until }) });
        expect(judge(text, wildcard)).toEqual({ state: 'good', ...(until === undefined ? {} : { until }) });
      }
    }
  });

  it('in a zone file: quotes and backslashes escaped, strings of 255 bytes at most', () => {
    expect(txtZoneLine('_validation-persist.a.example', 'ca.example; accounturi=https://ca.example/"1\\')).toBe('_validation-persist.a.example. 300 IN TXT "ca.example; accounturi=https://ca.example/\\"1\\\\"');
    const strings = [...txtZoneLine('x', `${'a'.repeat(255)}${'b'.repeat(255)}c`).matchAll(/"([^"]*)"/g)].map(([, text = '']) => text);
    expect(strings).toEqual(['a'.repeat(255), 'b'.repeat(255), 'c']);
  });
});

describe('what stands in the DNS', () => {
  it.each([
    `AUTHORITY.Example. ;accounturi=${ACCOUNT}`,
    `  ca.example.net\t;  accounturi = ${ACCOUNT}  `,
    `authority.example;ACCOUNTURI=${ACCOUNT};unknown=1;unknown=2;other-tag=`,
    `authority.example; policy=else; accounturi=${ACCOUNT}`,
    `authority.example; accounturi=${ACCOUNT}; persistUntil=${NOW / 1000}`,
  ])('is good: %j', (text) => {
    expect(verdict(text)).toBe('good');
  });

  it.each([
    ['authority.example', 'has no accounturi'],
    ['authority.example;', 'has no accounturi'],
    ['authority.example; policy=wildcard', 'has no accounturi'],
    [`authority.example; accounturi=${ACCOUNT};`, 'has a semicolon too many'],
    [`authority.example; accounturi="${ACCOUNT}"`, `is for another account: "${ACCOUNT}"`],
    [`authority.example; accounturi=${ACCOUNT.toUpperCase()}`, `is for another account: ${ACCOUNT.toUpperCase()}`],
    [`authority.example; accounturi=${ACCOUNT}4`, `is for another account: ${ACCOUNT}4`],
    [`authority.example; accounturi=${ACCOUNT}; accounturi=${ACCOUNT}`, 'says accounturi twice'],
    [`authority.example accounturi=${ACCOUNT}`, 'other'],
    [`authority.example; accounturi=${ACCOUNT} policy=wildcard`, `has a part that is no TAG=VALUE: "accounturi=${ACCOUNT} policy=wildcard"`],
    [`authority.example; accounturi=${ACCOUNT}; persistUntil=2027-01-01`, 'has a persistUntil that is no number of seconds since 1970'],
    [`authority.example; accounturi=${ACCOUNT}; persistUntil=-1`, 'has a persistUntil that is no number of seconds since 1970'],
    [`authority.example; accounturi=${ACCOUNT}; persistUntil=1000000000`, 'ended 2001-09-09 (persistUntil=1000000000)'],
    [`elsewhere.example; accounturi=${ACCOUNT}`, 'other'],
    ['v=spf1 -all', 'other'],
    ['', 'other'],
  ])('is not: %j', (text, why) => {
    expect(verdict(text)).toBe(why);
  });

  it('a wildcard needs the policy, in any case', () => {
    expect(verdict(`authority.example; accounturi=${ACCOUNT}`, true)).toBe('has no policy=wildcard, which a name with *. needs');
    expect(verdict(`authority.example; accounturi=${ACCOUNT}; policy=specific`, true)).toContain('has no policy=wildcard');
    expect(verdict(`authority.example; accounturi=${ACCOUNT}; Policy=WildCard`, true)).toBe('good');
  });

  it('of several the good one that lasts longest counts, else the first that is for this CA', () => {
    const own = (more: string): string => `authority.example; accounturi=${ACCOUNT}${more}`;
    const of = (...texts: string[]) => judgePersistRecords(texts, need, NOW);
    expect(of()).toEqual({ state: 'other' });
    expect(of('elsewhere.example', 'v=spf1')).toEqual({ state: 'other' });
    expect(of('elsewhere.example', own('x'), own('; persistUntil=5'))).toEqual({ state: 'bad', why: `is for another account: ${ACCOUNT}x` });
    expect(of(own('; persistUntil=5'), own('; persistUntil=4102444800'), own('; persistUntil=4102444801'))).toEqual({ state: 'good', until: 4_102_444_801 });
    expect(of(own('; persistUntil=4102444800'), own(''))).toEqual({ state: 'good' });
  });
});
