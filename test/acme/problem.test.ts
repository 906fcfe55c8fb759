import { describe, expect, it } from 'vitest';
import { challengeAdvice } from '../../src/acme/advice.js';
import { adviceFor, errorOf, readProblem, retryAfterMs } from '../../src/acme/problem.js';

const urn = (kind: string): string => `urn:ietf:params:acme:error:${kind}`;
const problem = (kind: string, detail = ''): { type: string; detail: string; status: number; subproblems: [] } => ({ type: urn(kind), detail, status: 403, subproblems: [] });

describe('readProblem', () => {
  it('keeps type, words and subproblems, without what could steer a terminal', () => {
    expect(
      readProblem({ type: urn('malformed'), detail: 'two\u001b]0;title\u0007 names\u202e\nare bad', status: 400, subproblems: [{ type: urn('caa'), detail: 'CAA', identifier: { type: 'dns', value: 'a.example\r' } }, 'x', null] }),
    ).toEqual({ type: urn('malformed'), detail: 'two names\nare bad', status: 400, subproblems: [{ type: urn('caa'), detail: 'CAA', status: 0, identifier: { type: 'dns', value: 'a.example' }, subproblems: [] }] });
  });

  it.each([null, 'text', [], {}, { type: 3 }])('is null for %j', (value) => {
    expect(readProblem(value)).toBeNull();
  });

  it('bounds what a CA can make us keep', () => {
    const nested = { type: urn('compound'), detail: 'x'.repeat(100_000), subproblems: Array.from({ length: 5000 }, () => ({ type: urn('dns'), detail: 'y', subproblems: [{ type: 'z' }] })) };
    const found = readProblem(nested);
    expect(found?.detail.length).toBe(4000);
    expect(found?.subproblems.length).toBe(200);
    expect(found?.subproblems[0]?.subproblems).toEqual([]);
  });
});

describe('retryAfterMs', () => {
  const now = Date.UTC(2026, 10, 23, 12);
  it.each([
    ['5', 5000],
    ['Mon, 23 Nov 2026 12:01:00 GMT', 60_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['99999999999', undefined],
    [undefined, undefined],
  ])('reads %j as %j', (header, ms) => {
    expect(retryAfterMs(header, now)).toBe(ms);
  });

  it('is told to the person as a time', () => {
    expect(adviceFor(problem('rateLimited'), 3_600_000, now)).toContain('after 2026-11-23 13:00 UTC');
    expect(adviceFor(problem('rateLimited'), 5000, now)).toContain('in 5 seconds');
  });
});

describe('errorOf', () => {
  it('keeps the words of the CA and adds a hint', () => {
    expect(errorOf({ status: 403, headers: { 'retry-after': '7' }, data: { type: urn('externalAccountRequired'), detail: 'bind' } }, 'https://ca.example/x', 0)).toMatchObject({ kind: 'externalAccountRequired', retryAfterMs: 7000, hint: expect.stringContaining('--eab-kid'), message: `${urn('externalAccountRequired')} :: bind` });
  });

  it('does not take advice from the prototype', () => {
    expect(adviceFor(problem('constructor'))).toBeUndefined();
    expect(adviceFor({ type: 'https://other.example/caa', detail: '', status: 0, subproblems: [] })).toBeUndefined();
  });
});

describe('challengeAdvice', () => {
  it.each([
    ['caa', '', 'http-01', /CAA record of a\.example/],
    ['connection', 'Connection refused', 'http-01', /port 80/],
    ['connection', 'Timeout during connect', 'http-01', /[Ff]irewall/],
    ['unauthorized', 'Invalid response from http://a.example/.well-known/acme-challenge/x: 404', 'http-01', /web folder/],
    ['dns', 'NXDOMAIN looking up A for a.example', 'http-01', /A or AAAA/],
    ['unauthorized', 'No TXT record found', 'dns-01', /_acme-challenge\.a\.example/],
    ['unauthorized', 'Incorrect TXT record "x"', 'dns-01', /another value/],
    ['unauthorized', '', 'tls-alpn-01', /port 443/],
    ['unauthorized', '', 'dns-persist-01', /_validation-persist\.a\.example/],
  ])('for %s (%s) of %s says what to do', (kind, detail, type, words) => {
    expect(challengeAdvice(problem(kind, detail), type, '*.a.example')).toMatch(words);
  });

  it('has none for what it does not know', () => {
    expect(challengeAdvice(problem('unheardOf'), 'unknown', 'a.example')).toBeUndefined();
  });
});
