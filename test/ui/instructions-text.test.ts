import { expect, it } from 'vitest';
import type { ChallengeTask } from '../../src/plugins/contract.js';
import { instructionLines, placements, zoneText } from '../../src/ui/instructions-text.js';

const task = (more: Partial<ChallengeTask>): ChallengeTask => ({
  identifier: { type: 'dns', value: 'example.com', shown: 'example.com' },
  wildcard: false,
  type: 'http-01',
  token: 'TOKEN',
  keyAuthorization: 'TOKEN.THUMBPRINT',
  validation: 'TOKEN.THUMBPRINT',
  ...more,
});
const instructions = (...tasks: ChallengeTask[]) => ({ tasks, zones: { '_acme-challenge.example.com': 'example.com' }, look: () => Promise.resolve({}) });

it('S35: a file of this name with this content, and the line that makes it', () => {
  const lines = instructionLines(instructions(task({})));
  expect(lines).toContain('  http://example.com/.well-known/acme-challenge/TOKEN');
  expect(lines).toContain('  must answer with exactly this: TOKEN.THUMBPRINT');
  expect(lines.at(-1)).toBe("  mkdir -p .well-known/acme-challenge && printf '%s' TOKEN.THUMBPRINT > .well-known/acme-challenge/TOKEN");
});

it('S36, S141: a TXT record at _acme-challenge with TTL 300; two values under one name are told so', () => {
  const record = { type: 'dns-01', recordName: '_acme-challenge.example.com' } as const;
  const both = instructions(task({ ...record, validation: 'one' }), task({ ...record, validation: 'two', wildcard: true }));
  expect(instructionLines(both)).toEqual(expect.arrayContaining(['  Name   _acme-challenge      in zone example.com (full: _acme-challenge.example.com)', '  Type   TXT      TTL   300', '  2 values under one name; keep both.', '  Value  one', '  Value  two']));
  expect(zoneText(placements(both))).toBe('_acme-challenge.example.com. 300 IN TXT "one"\n_acme-challenge.example.com. 300 IN TXT "two"');
});

it('N29: a lasting record for a name and its wildcard is one record, and it is told what it goes on to allow', () => {
  const persist = { issuers: ['ca.example'], accountUrl: 'https://ca.example/acct/1' };
  const lasting = (name: string, validation: string, wildcard = false): ChallengeTask => task({ identifier: { type: 'dns', value: name, shown: name }, type: 'dns-persist-01', recordName: `_validation-persist.${name}`, validation, persist, wildcard });
  const value = 'ca.example; accounturi=https://ca.example/acct/1';
  const all = instructions(lasting('example.com', `${value}; policy=wildcard`), lasting('example.org', `${value}; persistUntil=4102444799`), lasting('example.com', `${value}; policy=wildcard`, true));
  const lines = instructionLines(all);
  expect(lines[0]).toBe('Add these 2 records at your DNS provider.');
  expect(lines.filter((line) => line.startsWith('  Value'))).toEqual([`  Value  ${value}; policy=wildcard`, `  Value  ${value}; persistUntil=4102444799`]);
  expect(lines).toContain(`  As a line of a zone file:  _validation-persist.example.com. 300 IN TXT "${value}; policy=wildcard"`);
  expect(lines).toContain("  It lets the account of this value obtain any certificate for example.com, *.example.com and the names below, whoever has the account's key. Delete it to end that.");
  expect(lines).toContain("  It lets the account of this value obtain any certificate for example.org (no other name) until 2099-12-31, whoever has the account's key. Delete it to end that.");
  expect(lines.filter((line) => line.includes('It stays'))).toHaveLength(2);
  expect(placements(all).flatMap((placement) => (placement.kind === 'record' ? placement.values.map(({ number, indices }) => [number, ...indices]) : []))).toEqual([[1, 0, 2], [2, 1]]);
});
