import { createHash } from 'node:crypto';
import { parseIssueValue } from './caa.js';
import { Problem } from './problem.js';
import type { ValidationTask } from './validation.js';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Lower-case base32 without padding (RFC 4648) of whole groups of five bits. */
function base32(bytes: Buffer): string {
  let text = '';
  let held = 0;
  let count = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (count += 8; count >= 5; count -= 5) text += BASE32.charAt((held >> (count - 5)) & 31);
    held &= 31;
  }
  return text;
}

/** The label of an account in dns-account-01 (draft-ietf-acme-dns-account-label): `_` and base32 of ten bytes of SHA-256 of its URL. */
export function accountLabel(accountUrl: string): string {
  return `_${base32(createHash('sha256').update(accountUrl).digest().subarray(0, 10))}`;
}

async function expectTxt(task: ValidationTask, owner: string): Promise<void> {
  const expected = createHash('sha256').update(task.keyAuthorization).digest('base64url');
  const values = await task.authority.resolver.values(owner, 'TXT');
  if (values.includes(expected)) return;
  if (values.length === 0) throw new Problem('unauthorized', `No TXT record found at ${owner}`);
  const shown = JSON.stringify((values[0] ?? '').slice(0, 100));
  throw new Problem('unauthorized', `Incorrect TXT record ${shown}${values.length > 1 ? ` (and ${values.length - 1} more)` : ''} found at ${owner}`);
}

/** Why a dns-persist-01 record (an RFC 8659 issue-value) does not authorize, or undefined when it does. Records for other CAs give ''. */
function persistFault(record: string, issuer: string, accountUrls: readonly string[], wildcard: boolean, now: number): string | undefined {
  const parsed = parseIssueValue(record);
  if (parsed === undefined) return 'a record is malformed';
  if (parsed.issuer !== issuer) return '';
  const known = (tag: string): string[] => parsed.parameters.filter(([name]) => name === tag).map(([, value]) => value);
  for (const tag of ['accounturi', 'policy', 'persistuntil']) if (known(tag).length > 1) return `a record has the parameter ${tag} twice`;
  const [uri] = known('accounturi');
  if (uri === undefined) return 'a record for this CA has no accounturi';
  if (!accountUrls.includes(uri)) return 'the record for this CA names another account';
  const [until] = known('persistuntil');
  if (until !== undefined && !/^\d{1,12}$/.test(until)) return 'persistUntil is not a UNIX time';
  if (until !== undefined && now > Number(until) * 1000) return `the record has ended at persistUntil=${until}`;
  if (wildcard && known('policy')[0]?.toLowerCase() !== 'wildcard') return 'the record lacks policy=wildcard, which a wildcard name needs';
  return undefined;
}

async function expectPersistent(task: ValidationTask): Promise<void> {
  const owner = `_validation-persist.${task.identifier.value}`;
  const { policy, resolver } = task.authority;
  const values = await resolver.values(owner, 'TXT');
  const faults = values.map((value) => persistFault(value, policy.caaIdentity, task.accountUrls, task.wildcard, task.authority.now()));
  if (faults.includes(undefined)) return;
  const why = faults.find((fault) => fault !== '');
  throw new Problem('unauthorized', why === undefined ? `No TXT record for ${policy.caaIdentity} found at ${owner}` : `TXT records at ${owner} do not authorize: ${why}`);
}

/** Validates dns-01 (RFC 8555 section 8.4), dns-account-01 and dns-persist-01. Throws Problem unauthorized or dns. */
export async function validateDns(task: ValidationTask): Promise<void> {
  const base = task.identifier.value;
  switch (task.challenge.type) {
    case 'dns-persist-01':
      return expectPersistent(task);
    case 'dns-account-01':
      return expectTxt(task, `${accountLabel(task.accountUrls[0] ?? '')}._acme-challenge.${base}`);
    default:
      return expectTxt(task, `_acme-challenge.${base}`);
  }
}
