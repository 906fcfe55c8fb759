import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { google, googleDescription } from '../../../src/plugins/dns/google/descriptor.js';
import type { Ask, Behaviour, Fake } from './fakes/fake.js';
import { authorizedUser, googleFake, googleMetadataFake, googleSecrets, serviceAccount, stillPending } from './fakes/google.js';
import { openAt, type Opened, type Opening } from './fakes/open.js';
import { standing } from './fakes/standing.js';

const NAME = '_acme-challenge.example.test';
const ACCOUNT = [JSON.stringify(serviceAccount)];
const { stand: start, folder: makeFolder } = standing();
const stand = (behaviour: Behaviour = googleFake, settings?: Parameters<typeof start>[1]): Promise<Fake> => start(behaviour, settings);

/** A home with this file of gcloud's; an instance only where one is named. */
function home(account?: unknown): Record<string, string> {
  const folder = makeFolder();
  mkdirSync(join(folder, '.config', 'gcloud'), { recursive: true });
  if (account !== undefined) writeFileSync(join(folder, '.config', 'gcloud', 'application_default_credentials.json'), JSON.stringify(account), { mode: 0o600 });
  return { HOME: folder, GCE_METADATA_HOST: '127.0.0.1:1' };
}

function open(fake: Fake, opening: Partial<Opening> = {}): Promise<Opened> {
  return openAt(fake, googleDescription, { credentials: ACCOUNT, ...opening });
}

/** These credentials have set a record. */
async function works(opening: Partial<Opening>): Promise<void> {
  const fake = await stand();
  const { provider, logs } = await open(fake, opening);
  await provider.add(NAME, 'v', 60);
  expect(fake.txt(NAME)).toEqual(['v']);
  for (const secret of googleSecrets) expect(logs.join('\n')).not.toContain(secret);
}

const listing = ({ path }: Ask): boolean => path.endsWith('/rrsets');

test('S43: without a file: that of GOOGLE_APPLICATION_CREDENTIALS, then gcloud’s, whose project has to be named', async () => {
  const place = home();
  const file = join(place['HOME'] ?? '', 'account.json');
  writeFileSync(file, ACCOUNT.join(''), { mode: 0o600 });
  await works({ credentials: null, environment: { ...place, GOOGLE_APPLICATION_CREDENTIALS: file } });
  await works({ credentials: null, environment: home(authorizedUser), options: { dns_google_project: 'my-project' } });
  await works({ credentials: null, environment: { ...home(authorizedUser), GOOGLE_CLOUD_PROJECT: 'my-project' } });
  await works({ credentials: null, environment: home({ ...authorizedUser, quota_project_id: 'my-project' }) });
  const { provider } = await open(await stand(), { credentials: null, environment: home(authorizedUser) });
  await expect(provider.zoneOf(NAME)).rejects.toMatchObject({ message: 'The project that has the zones is not known.', hint: expect.stringContaining('--dns-google-project') });
});

test('S43: without any file: the metadata server of the instance, asked for one token', async () => {
  const metadata = await stand(googleMetadataFake, { plain: true });
  await works({ credentials: null, environment: { ...home(), GCE_METADATA_HOST: new URL(metadata.origin).host } });
  expect(metadata.count(({ path }) => path.endsWith('/token'))).toBe(1);
});

test('S43: nothing anywhere is told in certbot’s words', async () => {
  const { provider } = await open(await stand(), { credentials: null, environment: home() });
  await expect(provider.zoneOf(NAME)).rejects.toThrow('Unable to get Google Cloud Metadata and no credentials specified.');
});

test('S43: --dns-google-project goes before the project of the file; the environment does not', async () => {
  const elsewhere = [JSON.stringify({ ...serviceAccount, project_id: 'elsewhere' })];
  await works({ credentials: elsewhere, options: { dns_google_project: 'my-project' } });
  await works({ environment: { GOOGLE_CLOUD_PROJECT: 'elsewhere' } });
  const { provider } = await open(await stand(), { credentials: elsewhere });
  await expect(provider.zoneOf(NAME)).rejects.toThrow('status 403');
});

test.each<[string, unknown, RegExp]>([
  ['another kind of account', { type: 'external_account', audience: 'a' }, /Credentials of the type external_account are not known here/],
  ['a key that is none', { ...serviceAccount, private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n' }, /private_key of the credentials is no RSA key/],
  ['a place for tokens without TLS', { ...serviceAccount, token_uri: 'http://oauth2.googleapis.com/token' }, /token_uri of the credentials is no https address/],
  ['a project that would lead elsewhere', { ...serviceAccount, project_id: '../other' }, /no id of a project/],
  ['a list', [], /Missing properties.*\n.*"client_email" not found/],
])('S43: %s is told before Google is asked', async (_what, account, words) => {
  const fake = await stand();
  await expect(open(fake, { credentials: [JSON.stringify(account)] }).then(({ provider }) => provider.zoneOf(NAME))).rejects.toThrow(words);
  expect(fake.count(() => true)).toBe(0);
});

test('S43: a file that is no JSON is told without a word of what is in it', async () => {
  const error: unknown = await open(await stand(), { credentials: ['{"private_key": my-secret-key'] }).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: expect.stringMatching(/^Error parsing credentials file .*: it is no JSON\.$/) });
});

test('S43: a key that is not the account’s is refused, and told with what to make', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { provider } = await open(await stand(), { credentials: [JSON.stringify({ ...serviceAccount, private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }) })] });
  await expect(provider.zoneOf(NAME)).rejects.toMatchObject({ message: expect.stringContaining('invalid_grant: Invalid JWT Signature.'), hint: googleDescription.access });
});

test('S43: one token for all calls; one that is about to expire is not used again', async () => {
  const tokens = ({ path }: Ask): boolean => path === '/token';
  const fake = await stand();
  const { provider } = await open(fake);
  await provider.add(NAME, 'v', 60);
  expect(fake.count(tokens)).toBe(1);
  const other = await open(fake);
  fake.instead(tokens, { json: { access_token: 'ya29.google-token-0123456789', expires_in: 30, token_type: 'Bearer' } });
  // Two pages: the first with the short token, the second with the next one.
  await other.provider.zoneOf('example.test');
  expect(fake.count(tokens)).toBe(3);
  await other.provider.add(NAME, 'w', 60);
  expect(fake.count(tokens)).toBe(3);
});

test('S43: a token that an answer repeats is not shown', async () => {
  const fake = await stand();
  const { provider } = await open(fake);
  fake.instead(({ path }) => path.endsWith('/changes'), { status: 400, json: { error: { message: `Bearer ${googleSecrets[0]} is no good` } } });
  await expect(provider.add(NAME, 'v', 60)).rejects.toThrow('Bearer [secret] is no good');
});

test('S43: where records may not be listed, values of the run stand beside each other, and one of an earlier run is removed', async () => {
  const fake = await stand();
  const { provider } = await open(fake);
  fake.instead(listing, 403);
  await provider.add(NAME, 'apex', 60);
  await provider.add(NAME, 'wildcard', 60);
  await provider.remove(NAME, 'apex');
  expect(fake.txt(NAME)).toEqual(['wildcard']);
  fake.instead(listing, 403);
  const next = await open(fake);
  await next.provider.remove(NAME, 'wildcard');
  expect(fake.txt(NAME)).toEqual([]);
  await next.provider.remove(NAME, 'wildcard');
  expect(fake.count(listing)).toBe(2);
});

test('S43: values of others are written back as they are, with the TTL that takes them away', async () => {
  const fake = await stand();
  const { provider } = await open(fake);
  fake.put(NAME, 'two" "strings');
  await provider.add(NAME, 'v', 60);
  await provider.remove(NAME, 'v');
  expect(fake.txt(NAME)).toEqual(['two" "strings']);
});

test('S43: too many calls are a 403 of their own kind, and tried again', async () => {
  const fake = await stand();
  const { provider, waits } = await open(fake);
  fake.instead(({ path }) => path.endsWith('/changes'), googleFake.refusal(429));
  await provider.add(NAME, 'v', 60);
  expect(fake.txt(NAME)).toEqual(['v']);
  expect(waits).toEqual([500]);
});

test('S43: what was added is waited for until all servers have it', async () => {
  const fake = await stand();
  const asked = ({ path }: Ask): boolean => path.includes('/changes/');
  const { provider, waits } = await open(fake);
  await provider.add(NAME, 'apex', 60);
  await provider.add(NAME, 'wildcard', 60);
  await provider.remove(NAME, 'apex');
  fake.instead(asked, stillPending, stillPending, stillPending);
  await provider.settle?.();
  expect(waits).toEqual([2000, 2000]);
  expect(fake.count(asked)).toBe(5);
});

test('S43: it is never chosen by itself, and its file is called what it is', async () => {
  const question = { identifiers: [{ type: 'dns' as const, value: 'example.test', shown: 'example.test' }], http01Port: 80, options: {} };
  expect(await google.fit(question)).toEqual({ fits: false, reason: '--dns-google chooses it, with the credentials that this machine has', asks: true });
  expect(google.options.map(({ flags }) => flags[0])).toEqual(['--dns-google-propagation-seconds', '--dns-google-credentials', '--dns-google-project']);
  expect(google.options[1]?.help).toContain('JSON file');
});
