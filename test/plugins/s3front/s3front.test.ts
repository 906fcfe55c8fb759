import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { parse } from '../../../src/cli/parser.js';
import type { Connect } from '../../../src/plugins/aws/session.js';
import type { Deployment, InstallContext, Installer } from '../../../src/plugins/contract.js';
import { connectApi } from '../../../src/plugins/dns/request.js';
import { builtInPlugins } from '../../../src/plugins/registry.js';
import { createS3Authenticator } from '../../../src/plugins/s3front/authenticator.js';
import { withCertificate } from '../../../src/plugins/s3front/distribution.js';
import { createCloudFrontInstaller } from '../../../src/plugins/s3front/installer.js';
import { context, task } from '../context.js';
import { fakeCertificate, startFake, type Ask, type Fake } from '../dns/fakes/fake.js';
import { awsFake, newState, REST, type AwsState } from './aws-fake.js';

const SECRET = 'aws-secret-0123456789/abc';
const KEYS = { AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: SECRET, AWS_EC2_METADATA_DISABLED: 'true' };
let state: AwsState;
let fake: Fake;
let folder: string;
let logs: string[];
let bases: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-s3front-'));
  for (const [name, algorithm] of [['small', 'rsa:2048'], ['large', 'rsa:3072']] as const) {
    execFileSync('openssl', ['req', '-x509', '-newkey', algorithm, '-nodes', '-subj', '/CN=example.com', '-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)], { stdio: 'ignore' });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(async () => {
  [state, logs, bases] = [newState(), [], []];
  fake = await startFake(awsFake(state), []);
});
afterEach(async () => {
  await fake.stop();
  expect(fake.faults).toEqual([]);
  expect(logs.join('\n')).not.toContain(SECRET);
  expect(logs.join('\n')).not.toContain('PRIVATE KEY');
});

/** The hosts of AWS led to the stand-in, and a clock that does not wait. */
const led: Connect = (settings, { plugin, access, signal, log }) => {
  const { origin, hostname } = new URL(settings.base);
  if (!fake.hosts.includes(hostname)) throw new Error(`${hostname} is no host of AWS`);
  bases.push(settings.base);
  return connectApi({ ...settings, base: settings.base.replace(origin, fake.origin) }, { plugin, title: 'Amazon Web Services', access, secrets: () => [], roots: [fakeCertificate().cert], userAgent: 'test', signal, log, clock: { now: Date.now, sleep: () => Promise.resolve() } });
};
const log = (level: string, message: string): void => void logs.push(`${level}: ${message}`);
const from = (path: string) => (ask: Ask) => ask.path.startsWith(path);

const answers = (options: Record<string, string>, more = {}) => context({ http01Port: 80, options, environment: KEYS, log, ...more });
const inBucket = (url: string): Promise<string> => Promise.resolve(state.objects.get(`/site/sub%20dir${new URL(url).pathname}`)?.body ?? 'nothing');

it('S181: the answer is an object that visitors may read, is looked at, and goes again', async () => {
  const at = answers({ auth_s3_bucket: 'my-bucket', auth_s3_region: 'eu-west-1', auth_s3_directory: '/site/sub dir/' });
  const auth = createS3Authenticator(led, inBucket);
  const tasks = [task('a.example.com'), task('b.example.com')];
  await auth.present(tasks, at);
  expect([...state.objects]).toEqual(['a', 'b'].map((name) => [`/site/sub%20dir/.well-known/acme-challenge/token-${name}-example-com`, { body: `ka-${name}.example.com`, acl: 'public-read' }]));
  expect(new Set(bases)).toEqual(new Set(['https://my-bucket.s3.eu-west-1.amazonaws.com']));
  await auth.cleanUp(tasks, at);
  expect(state.objects.size).toBe(0);
});

it('a bucket without access lists, and one whose name has dots; its name from the environment', async () => {
  state.withoutLists = true;
  const at = answers({}, { environment: { ...KEYS, S3_BUCKET: 'dotted.bucket' }, selfCheck: false });
  await createS3Authenticator(led).present([task('a.example.com')], at);
  expect([...state.objects]).toEqual([['/dotted.bucket/.well-known/acme-challenge/token-a-example-com', { body: 'ka-a.example.com', acl: undefined }]]);
});

it('an answer that visitors do not see is an error before the CA is asked, and is cleaned up', async () => {
  const at = answers({ auth_s3_bucket: 'my-bucket', auth_s3_region: 'eu-west-1' });
  const auth = createS3Authenticator(led, () => Promise.resolve('<html>not found</html>'));
  const tasks = [task('a.example.com')];
  await expect(auth.present(tasks, at)).rejects.toThrow('cannot be seen at http://a.example.com/.well-known/acme-challenge/token-a-example-com: something else is there: <html>not found</html>');
  await auth.cleanUp(tasks, at);
  expect(state.objects.size).toBe(0);
});

it('what AWS refuses is told in its words; what is wrong here before anything is asked', async () => {
  const auth = createS3Authenticator(led, inBucket);
  const options = { auth_s3_bucket: 'my-bucket', auth_s3_region: 'eu-west-1' };
  for (const status of [401, 403]) {
    fake.instead(from('/'), status);
    await expect(auth.present([task('a.example.com')], answers(options))).rejects.toMatchObject({ message: expect.stringContaining(`with status ${status}: ${status === 401 ? 'AuthFailure' : 'AccessDenied'}: not this time`), hint: expect.stringContaining('s3:PutObject') });
  }
  const bad = answers(options, { environment: { ...KEYS, AWS_SECRET_ACCESS_KEY: 'another-secret' } });
  await expect(auth.present([task('a.example.com')], bad)).rejects.toThrow('SignatureDoesNotMatch');
  expect(() => auth.check?.(answers({}))).toThrow('No S3 bucket is named.');
  expect(() => auth.check?.(answers({ auth_s3_bucket: 'Evil/../bucket' }))).toThrow('cannot be the name of an S3 bucket');
  expect(() => auth.check?.(answers({ auth_s3_bucket: 'my-bucket', auth_s3_region: 'evil.example/' }))).toThrow('is no region of AWS');
});

const deployment = (name: string, kind = 'small'): Deployment => ({ names: [name], files: { cert: join(folder, `${kind}.pem`), privkey: join(folder, `${kind}.key`), chain: join(folder, `${kind}.pem`), fullchain: join(folder, `${kind}.pem`) } });
async function opened(more: Partial<InstallContext> = {}): Promise<Installer> {
  let second = 1_700_000_000;
  const installer = createCloudFrontInstaller(led, () => (second += 60) * 1000);
  await installer.prepare({ options: { installer_cf_distribution_id: 'EDFDVBD6EXAMPLE' }, http01Port: 80, httpsPort: 443, configDir: '', workDir: '', environment: KEYS, signal: AbortSignal.timeout(30_000), log, ...more });
  return installer;
}

it('S181: the distribution gets the certificate by way of IAM, all else of it stays; a renewal replaces it and the old one goes', async () => {
  state.certificates.set('le-www.example.com-1600000000', { id: 'ASCA1', cert: '', key: '' });
  const installer = await opened();
  expect(await installer.publish?.([deployment('example.com')])).toEqual([expect.stringContaining('EDFDVBD6EXAMPLE has the certificate for example.com')]);
  expect([...state.certificates.keys()]).toEqual(['le-www.example.com-1600000000', 'le-example.com-1700000060']);
  const { id, key } = state.certificates.get('le-example.com-1700000060') ?? { id: '', key: '' };
  expect(key).toBe(readFileSync(join(folder, 'small.key'), 'utf8'));
  const viewer = (own: string): string => `<ViewerCertificate><IAMCertificateId>${own}</IAMCertificateId><SSLSupportMethod>sni-only</SSLSupportMethod><MinimumProtocolVersion>TLSv1.2_2018</MinimumProtocolVersion><Certificate>${own}</Certificate><CertificateSource>iam</CertificateSource></ViewerCertificate>`;
  expect(state.config).toBe(`${REST[0]}${viewer(id)}${REST[1]}`);
  await installer.publish?.([deployment('example.com')]);
  // That of another name stays, also where this one is its end.
  expect([...state.certificates.keys()]).toEqual(['le-www.example.com-1600000000', 'le-example.com-1700000120']);
  expect(state.config).toContain(viewer(state.certificates.get('le-example.com-1700000120')?.id ?? ''));
});

it('how clients are served stays as it was set; a certificate that is there already changes nothing', () => {
  const set = `${REST[0]}<ViewerCertificate><ACMCertificateArn>arn:x</ACMCertificateArn><SSLSupportMethod>vip</SSLSupportMethod><MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion></ViewerCertificate>${REST[1]}`;
  const changed = withCertificate(set, 'ASCA7') ?? '';
  expect(changed).toContain('<SSLSupportMethod>vip</SSLSupportMethod><MinimumProtocolVersion>TLSv1.2_2021</MinimumProtocolVersion>');
  expect(changed).not.toContain('ACMCertificateArn');
  expect(withCertificate(changed, 'ASCA7')).toBeNull();
  expect(() => withCertificate('<html></html>', 'ASCA7')).toThrow('is not understood, so it was not changed');
});

it('somebody else changed the distribution meanwhile: it is read again', async () => {
  fake.instead((ask) => ask.method === 'PUT', 412);
  await (await opened()).publish?.([deployment('example.com')]);
  expect(state.config).toContain('<IAMCertificateId>');
  expect(fake.count((ask) => ask.method === 'GET')).toBe(2);
});

it('429 and 5xx are tried again; what is refused is told, and what was uploaded for nothing goes', async () => {
  fake.instead((ask) => ask.method === 'POST', 429, 503);
  await (await opened()).publish?.([deployment('a.example.com')]);
  expect([...state.certificates.keys()]).toEqual(['le-a.example.com-1700000060']);
  const before = state.config;
  fake.instead((ask) => ask.method === 'PUT', 403);
  await expect((await opened()).publish?.([deployment('b.example.com')])).rejects.toMatchObject({ message: expect.stringContaining('AccessDenied: not this time'), hint: expect.stringContaining('cloudfront:UpdateDistribution') });
  expect([...state.certificates.keys()]).toEqual(['le-a.example.com-1700000060']);
  expect(state.config).toBe(before);
});

it('older ones that cannot be removed are only told', async () => {
  state.certificates.set('le-example.com-1600000000', { id: 'ASCA1', cert: '', key: '' });
  fake.instead((ask) => ask.body.includes('Action=DeleteServerCertificate'), 403);
  await (await opened()).publish?.([deployment('example.com')]);
  expect(logs.filter((line) => line.startsWith('warning: '))).toEqual([expect.stringContaining('The certificate le-example.com-1600000000 stays in IAM')]);
});

it('an RSA key of more than 2048 bits, and a distribution that is not named, are refused before anything is sent', async () => {
  await expect((await opened()).publish?.([deployment('example.com', 'large')])).rejects.toThrow('CloudFront does not take RSA keys of more than 2048 bits, and this one has 3072.');
  await expect(opened({ options: {} })).rejects.toThrow('No CloudFront distribution is named.');
  await expect(opened({ options: { installer_cf_distribution_id: '../x' } })).rejects.toThrow('cannot be the ID of a CloudFront distribution');
  expect(fake.count(() => true)).toBe(0);
});

it('S181: both spellings', () => {
  const settings = (args: readonly string[]) => {
    const parsed = parse({ args, env: {}, program: 'certwright', plugins: builtInPlugins, readFile: () => null });
    if (parsed.kind !== 'settings') throw new Error(parsed.text);
    return parsed.settings;
  };
  const old = settings(['run', '-a', 'certbot-s3front:auth', '-i', 'certbot-s3front:installer', '--certbot-s3front:auth-s3-bucket', 'b', '--certbot-s3front:installer-cf-distribution-id', 'E1', '-d', 'a.example']);
  const bare = settings(['run', '-a', 'auth', '-i', 'installer', '--auth-s3-bucket', 'b', '--installer-cf-distribution-id', 'E1', '-d', 'a.example']);
  for (const { values, plugin } of [old, bare]) expect([values.authenticator, values.installer, plugin['auth_s3_bucket'], plugin['installer_cf_distribution_id']]).toEqual(['auth', 'installer', 'b', 'E1']);
});
