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
