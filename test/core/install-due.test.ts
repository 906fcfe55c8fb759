import { expect, it } from 'vitest';
import { behindWith, installDue } from '../../src/core/decide/install-due.js';

const since = '2026-11-23T12:00:00.000Z';
const behind = { installer: 's3', serial: '0a', since };

it('an installer is given the renewal until the lineage has another one; one that this run alone replaces waits', () => {
  expect(installDue(behind, { serial: '0b', saved: 's3', installer: 's3' })).toBe('due');
  expect(installDue(behind, { serial: '0b', saved: 's3', installer: 'other' })).toBe('waiting');
  expect(installDue(behind, { serial: '0b', saved: 'other', installer: 'other' })).toBe('over');
  expect(installDue(behind, { serial: '0b', saved: undefined, installer: undefined })).toBe('over');
  // The renewal came to nothing.
  expect(installDue(behind, { serial: '0a', saved: 's3', installer: 's3' })).toBe('over');
});

it('before a renewal the oldest certificate that the installer may have stays remembered', () => {
  const now = Date.UTC(2026, 10, 24);
  const fresh = { installer: 's3', serial: '0b', since: '2026-11-24T00:00:00.000Z' };
  expect(behindWith(undefined, 's3', '0b', now)).toEqual(fresh);
  expect(behindWith(behind, 's3', '0b', now)).toEqual(behind);
  expect(behindWith({ ...behind, serial: '0b' }, 's3', '0b', now)).toEqual(fresh);
  expect(behindWith(behind, 'other', '0b', now)).toEqual({ ...fresh, installer: 'other' });
});
