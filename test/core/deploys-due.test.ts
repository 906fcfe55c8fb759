import { expect, it } from 'vitest';
import { deploysDue } from '../../src/core/decide/deploys-due.js';
import type { Hook } from '../../src/core/hooks.js';

const since = '2026-11-23T12:00:00.000Z';
const file = (name: string): Hook => ({ command: `/d/${name}`, from: 'directory' });
const own = (command: string): Hook => ({ command, from: 'option' });
const queue = [file('1'), file('2'), own('reload old')].map((hook) => ({ ...hook, since, exitCode: 1 }));

it('waiting hooks run again in their order; a mended command takes the place of the old one', () => {
  const { run, keep, dropped } = deploysDue(queue, [file('0'), file('1'), file('2'), own('reload new')], { directoryHooks: true });
  expect(run.map(({ command }) => command)).toEqual(['/d/1', '/d/2', 'reload new']);
  expect(run[2]?.since).toBe(since);
  expect([keep, dropped]).toEqual([[], []]);
});

it('what was taken away is dropped; --no-directory-hooks leaves the others waiting', () => {
  const { run, keep, dropped } = deploysDue(queue, [file('2')], { directoryHooks: false });
  expect(run).toEqual([]);
  expect(keep.map(({ command }) => command)).toEqual(['/d/2']);
  expect(dropped.map(({ command }) => command)).toEqual(['/d/1', 'reload old']);
});
