import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { route53, route53Description } from '../../../src/plugins/dns/route53/descriptor.js';
import { elementsAt, parseXml, textAt } from '../../../src/plugins/aws/xml.js';
import type { Ask, Behaviour, Fake } from './fakes/fake.js';
import { openAt, type Opened } from './fakes/open.js';
import { awsMetadataFake, route53Fake, stillPending } from './fakes/route53.js';
import { standing } from './fakes/standing.js';

const NAME = '_acme-challenge.example.test';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'aws-secret-0123456789/abc' };
const SECRETS = ['aws-secret-0123456789/abc', 'temporary-secret-0123456789', 'session+token/0123456789==', 'instance-token-0123456789==', 'container-token'];
const { stand: start, folder: makeFolder } = standing();
const stand = (behaviour: Behaviour = route53Fake, settings?: Parameters<typeof start>[1]): Promise<Fake> => start(behaviour, settings);

/** A home with these files in ~/.aws, and no instance around it. */
function home(files: Readonly<Record<string, string>> = {}): Record<string, string> {
  const folder = makeFolder();
  mkdirSync(join(folder, '.aws'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, '.aws', name), text);
  return { HOME: folder, AWS_EC2_METADATA_DISABLED: 'true' };
}

function open(fake: Fake, environment: Readonly<Record<string, string>>, more: { impatient?: boolean } = {}): Promise<Opened> {
  return openAt(fake, route53Description, { credentials: null, environment, ...more });
}

/** The keys that the provider took have set a record. */
async function works(environment: Readonly<Record<string, string>>): Promise<void> {
  const fake = await stand();
  const { provider, logs } = await open(fake, environment);
  await provider.add(NAME, 'v', 10);
  expect(fake.txt(NAME)).toEqual(['v']);
  for (const secret of SECRETS) expect(logs.join('\n')).not.toContain(secret);
}

/** The environment of a container whose service gives temporary keys. */
async function container(): Promise<Record<string, string>> {
  const metadata = await stand(awsMetadataFake, { plain: true });
  return { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.origin}/v2/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic container-token' };
}

const listing = ({ method, path }: Ask): boolean => method === 'GET' && path.endsWith('/rrset');

test('S49: keys of the environment, temporary ones with their token', async () => {
  await works({ ...home(), ...KEYS });
  await works({ ...home(), AWS_ACCESS_KEY_ID: 'ASIATEMPORARY', AWS_SECRET_ACCESS_KEY: 'temporary-secret-0123456789', AWS_SESSION_TOKEN: 'session+token/0123456789==' });
});

test('S49: keys of the default profile, of a named one with a dot in its name, and of files that are elsewhere', async () => {
  const keys = 'aws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = aws-secret-0123456789/abc\n';
  await works(home({ credentials: `# mine\n[default]\n${keys}` }));
  await works({ ...home({ config: `[default]\nregion = eu-west-1\n[profile my.dns]\n${keys}` }), AWS_PROFILE: 'my.dns' });
  const elsewhere = home({ other: `[default]\n${keys}` });
  await works({ ...elsewhere, AWS_SHARED_CREDENTIALS_FILE: join(elsewhere['HOME'] ?? '', '.aws', 'other') });
  await works({ ...elsewhere, AWS_CONFIG_FILE: '~/.aws/other' });
});

test('S49: a role is assumed with the keys of another profile, or with those of the container where the profile says so', async () => {
  const role = 'role_arn = arn:aws:iam::123456789012:role/dns\nexternal_id = outside\n';
  const credentials = '[base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = aws-secret-0123456789/abc\n';
  await works({ ...home({ credentials, config: `[profile dns]\n${role}source_profile = base\n` }), AWS_PROFILE: 'dns' });
  await works({ ...home({ config: `[profile dns]\n${role}credential_source = EcsContainer\n` }), AWS_PROFILE: 'dns', ...(await container()) });
  const fake = await stand();
  const { provider } = await open(fake, { ...home({ credentials, config: '[profile dns]\nrole_arn = arn:aws:iam::123456789012:role/other\nsource_profile = base\n' }), AWS_PROFILE: 'dns' });
  await expect(provider.zoneOf(NAME)).rejects.toMatchObject({ message: expect.stringContaining('AccessDenied: User is not authorized to perform: sts:AssumeRole') });
});

test('S49: keys of a container and of an instance, asked for once', async () => {
  const metadata = await stand(awsMetadataFake, { plain: true });
  await works({ ...home(), AWS_CONTAINER_CREDENTIALS_FULL_URI: `${metadata.origin}/v2/credentials`, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'Basic container-token' });
  expect(metadata.count(({ path }) => path === '/v2/credentials')).toBe(1);
  await works({ ...home(), AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: `${metadata.origin}/` });
  expect(metadata.count(({ path }) => path.endsWith('/dns-role'))).toBe(1);
});

test.each<[string, Record<string, string>, Record<string, string>, RegExp]>([
  ['nothing', {}, {}, /^Unable to locate credentials of AWS\.$/],
  ['half of the keys', { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE' }, {}, /without AWS_SECRET_ACCESS_KEY/],
  ['a profile that is not there', { AWS_PROFILE: 'none' }, {}, /^The AWS profile none could not be found/],
  ['roles in a circle', { AWS_PROFILE: 'a' }, { config: '[profile a]\nrole_arn = r\nsource_profile = b\n[profile b]\nrole_arn = r\nsource_profile = a\n' }, /profile a is based on itself/],
  ['a role without keys', { AWS_PROFILE: 'a' }, { config: '[profile a]\nrole_arn = r\n' }, /no keys to assume it with/],
  ['a role with a device', { AWS_PROFILE: 'a' }, { config: '[profile a]\nrole_arn = r\nmfa_serial = m\nsource_profile = a\n' }, /a code of a device/],
  ['single sign-on', { AWS_PROFILE: 'a' }, { config: '[profile a]\nsso_session = s\n' }, /by sso_session, which is not known here/],
  ['a container elsewhere', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://198.51.100.1/keys' }, {}, /neither https nor an address of this machine/],
])('S49: %s is told before Route 53 is asked', async (_what, environment, files, words) => {
  const fake = await stand();
  await expect(open(fake, { ...home(files), ...environment }).then(({ provider }) => provider.zoneOf(NAME))).rejects.toThrow(words);
  expect(fake.count(() => true)).toBe(0);
});

test('S49: with certbot’s policy, which lists no records, values of the run stand beside each other, and one of an earlier run is removed', async () => {
  const fake = await stand();
  const forbidden = (): void => fake.instead(listing, 403);
  const { provider } = await open(fake, { ...home(), ...KEYS });
  forbidden();
  await provider.add(NAME, 'apex', 10);
  await provider.add(NAME, 'wildcard', 10);
  expect(fake.txt(NAME)).toEqual(['apex', 'wildcard']);
  await provider.remove(NAME, 'apex');
  expect(fake.txt(NAME)).toEqual(['wildcard']);
  forbidden();
  const next = await open(fake, { ...home(), ...KEYS });
  await next.provider.remove(NAME, 'wildcard');
  expect(fake.txt(NAME)).toEqual([]);
  await next.provider.remove(NAME, 'wildcard');
  // Each asked once: what is refused is not asked for again.
  expect(fake.count(listing)).toBe(2);
});

test('S49: values of others are written back as they are, and a set is deleted with its own TTL', async () => {
  const fake = await stand();
  const { provider } = await open(fake, { ...home(), ...KEYS });
  fake.put(NAME, 'ours');
  await provider.remove(NAME, 'ours');
  expect(fake.txt(NAME)).toEqual([]);
  fake.put(NAME, 'two" "strings');
  await provider.add(NAME, 'v', 10);
  expect(fake.txt(NAME)).toEqual(['two" "strings', 'v']);
  await provider.remove(NAME, 'v');
  expect(fake.txt(NAME)).toEqual(['two" "strings']);
});

test('S49: where there is nothing at the name, what follows it in the listing is left alone', async () => {
  const fake = await stand();
  const { provider } = await open(fake, { ...home(), ...KEYS });
  fake.put('_acme-challenge.www.example.test', 'next');
  await provider.remove(NAME, 'next');
  await provider.add(NAME, 'v', 10);
  expect(fake.txt(NAME)).toEqual(['v']);
  expect(fake.txt('_acme-challenge.www.example.test')).toEqual(['next']);
});

test('S49: AWS repeats what was signed when a signature is wrong; the token in it is not shown', async () => {
  const fake = await stand();
  const { provider } = await open(fake, { ...home(), AWS_ACCESS_KEY_ID: 'ASIATEMPORARY', AWS_SECRET_ACCESS_KEY: 'wrong-secret-9876543210', AWS_SESSION_TOKEN: 'session+token/0123456789==' });
  await expect(provider.zoneOf(NAME)).rejects.toMatchObject({ message: expect.stringMatching(/SignatureDoesNotMatch.*x-amz-security-token:\[secret\]/) });
});

test('S49: what was added is waited for until all servers have it; what was removed is not', async () => {
  const fake = await stand();
  const asked = ({ path }: Ask): boolean => path.includes('/change/');
  const { provider, waits } = await open(fake, { ...home(), ...KEYS });
  await provider.add(NAME, 'apex', 10);
  await provider.add(NAME, 'wildcard', 10);
  await provider.remove(NAME, 'apex');
  fake.instead(asked, stillPending, stillPending, stillPending);
  await provider.settle?.();
  expect(waits).toEqual([2000, 2000]);
  expect(fake.count(asked)).toBe(5);
  await provider.settle?.();
  expect(fake.count(asked)).toBe(5);
});

test('S49: a change that never is everywhere is given up after ten minutes', async () => {
  const fake = await stand();
  const { provider, waits } = await open(fake, { ...home(), ...KEYS });
  await provider.add(NAME, 'v', 10);
  fake.instead(({ path }) => path.includes('/change/'), ...Array.from({ length: 400 }, () => stillPending));
  await expect(provider.settle?.()).rejects.toThrow('within 10 minutes');
  expect(waits).toHaveLength(300);
});

test('S49: it is never chosen by itself: keys of AWS may be there for anything', async () => {
  const question = { identifiers: [{ type: 'dns' as const, value: 'example.test', shown: 'example.test' }], http01Port: 80, options: {} };
  expect(await route53.fit(question)).toEqual({ fits: false, reason: '--dns-route53 chooses it, with the credentials that this machine has', asks: true });
});

test('XML of an answer: entities, CDATA, empty elements; what is not well formed, or has a document type, is none', () => {
  const root = parseXml('<?xml version="1.0"?>\n<!-- c --><a x="1"><b>R&amp;D &#60;&#x3e;</b><b><![CDATA[<&]]></b><c/></a>\n');
  expect(elementsAt(root, 'b').map(({ text }) => text)).toEqual(['R&D <>', '<&']);
  expect(textAt(root, 'c')).toBe('');
  expect(textAt(root, 'none', 'at', 'all')).toBe('');
  for (const broken of ['', 'text', '<a>', '</a>', '<a></b>', '<a/><b/>', '<a>&unknown;</a>', '<a>&amp</a>', '<a>&#x110000;</a>', '<a b></a>', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>', '<a>'.repeat(60) + '</a>'.repeat(60), '<a>x</a>y']) expect(parseXml(broken), broken).toBeUndefined();
});
