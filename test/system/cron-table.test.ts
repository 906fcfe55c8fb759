import { expect, it } from 'vitest';
import { cronLines, nextStart } from '../../src/system/cron-table.js';

const text = (time: number | null) => {
  const at = new Date(time ?? 0);
  return time === null ? null : `${at.getMonth() + 1}-${at.getDate()} ${at.getHours()}:${at.getMinutes()}`;
};
// A Tuesday.
const NOW = new Date(2026, 10, 24, 12, 0, 30).getTime();

it.each([
  ['0 */12 * * *', '11-25 0:0'],
  ['17 3,15 * * *', '11-24 15:17'],
  ['1 12 * * *', '11-24 12:1'],
  ['0 12 * * *', '11-25 12:0'],
  ['5 4 * * sun', '11-29 4:5'],
  ['5 4 * * 7', '11-29 4:5'],
  ['0 0 13 * fri', '11-27 0:0'],
  ['10-20/5 6 1 jan *', '1-1 6:10'],
  ['@daily', '11-25 0:0'],
  ['0 0 30 2 *', null],
  ['99 0 * * *', null],
  ['@reboot', null],
])('S106: %s starts next at %s', (when, expected) => {
  expect(text(nextStart(when, NOW))).toBe(expected);
});

it('lines of crontabs: comments, variables and nonsense are none', () => {
  const lines = '# 0 0 * * * root x\nSHELL=/bin/sh\n\n0 */12 * * * root certbot -q renew\n@daily root other thing\nnonsense\n';
  expect(cronLines(lines, { user: true })).toEqual([
    { line: 4, when: '0 */12 * * *', command: 'certbot -q renew' },
    { line: 5, when: '@daily', command: 'other thing' },
  ]);
  expect(cronLines('5 4 * * sun certbot renew', { user: false })).toEqual([{ line: 1, when: '5 4 * * sun', command: 'certbot renew' }]);
});
