import { readFileSync } from 'node:fs';
import { NetworkError, PluginError } from '../../core/errors.js';
import { printableLine } from '../../system/printable.js';
import { at, notUnderstood, word } from '../dns/answers.js';
import type { ProviderSetup } from '../dns/provider.js';
import { ProviderRefusal, type ApiAnswer } from '../dns/request.js';
import { awsProfiles, type AwsProfile } from './profiles.js';
import { signV4, type AwsKeys } from './signature-v4.js';
import { awsProblem, parseXml, textAt } from './xml.js';

/** Keys, and until when they are good: milliseconds since 1970. */
interface TimedKeys extends AwsKeys {
  until: number;
}

type KeySource = () => Promise<TimedKeys>;

/** Keys for the next request, made anew before they expire. */
export interface AwsCredentials {
  keys(): Promise<AwsKeys>;
  /** What must not be shown of all that were had. */
  secrets(): readonly string[];
}

/** What finding keys needs: of a DNS provider, or of another plugin, which has no credentials file. */
export type AwsSetup = Pick<ProviderSetup, 'plugin' | 'access' | 'environment' | 'log' | 'connect'> & Partial<Pick<ProviderSetup, 'credentials'>>;

/** Milliseconds before their end when keys are no longer used. */
const MARGIN = 300_000;
/** Milliseconds that the services of a container or an instance get: where there are none, nothing answers at all. */
const NEARBY = 2000;
/** Hosts that a container's credentials may be had from without TLS, as AWS's own tools have it. */
const CONTAINER_HOSTS = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]|169\.254\.170\.2|169\.254\.170\.23|\[fd00:ec2::23\])$/;

/**
 * Where AWS's own tools find keys, in boto3's order: the environment, a profile (with a role to assume, or keys), the container, the
 * instance; before all of them the credentials file, where one is given. Files are read now, services are asked when keys are needed.
 * Throws PluginError for what is there and wrong.
 */
export async function awsCredentials(setup: AwsSetup): Promise<AwsCredentials> {
  const secrets = new Set<string>();
  const source = await firstSource(setup, secrets);
  let held: TimedKeys | undefined;
  return {
    async keys() {
      if (held === undefined || held.until - Date.now() < MARGIN) held = noted(await source(), secrets);
      return held;
    },
    secrets: () => [...secrets],
  };
}

async function firstSource(setup: AwsSetup, secrets: Set<string>): Promise<KeySource> {
  const { plugin, credentials, environment } = setup;
  if (credentials && credentials.path !== null) {
    const { access_key_id: id, secret_access_key: secret } = await credentials.require({ access_key_id: 'AWS access key ID', secret_access_key: 'AWS secret access key' });
    return still({ id, secret, ...tokenOf(await credentials.get('session_token')) });
  }
  const inEnvironment = environmentKeys(setup);
  if (inEnvironment) return still(inEnvironment);
  const profiles = awsProfiles(plugin, environment);
  const named = environment['AWS_DEFAULT_PROFILE'] || environment['AWS_PROFILE'] || undefined;
  if (named !== undefined && !profiles.has(named)) throw new PluginError(plugin, `The AWS profile ${printableLine(named, 100)} could not be found.`, { hint: 'AWS_PROFILE names it; profiles are sections of ~/.aws/config and ~/.aws/credentials.' });
  const inProfile = profileSource(named ?? 'default', profiles, setup, secrets, []);
  return inProfile ?? containerSource(setup, secrets) ?? instanceSource(setup, secrets);
}

function environmentKeys({ plugin, environment }: AwsSetup): AwsKeys | undefined {
  const [id, secret] = [environment['AWS_ACCESS_KEY_ID'], environment['AWS_SECRET_ACCESS_KEY']];
  if (!id && !secret) return undefined;
  if (!id || !secret) throw new PluginError(plugin, `The environment has AWS_${id ? 'ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY' : 'SECRET_ACCESS_KEY without AWS_ACCESS_KEY_ID'}.`, { hint: 'Set both, or neither.' });
  return { id, secret, ...tokenOf(environment['AWS_SESSION_TOKEN'] || environment['AWS_SECURITY_TOKEN']) };
}

/** The keys of a profile, or those of the role that it assumes; undefined when it has neither. `above`: profiles that are based on this one. */
function profileSource(name: string, profiles: ReadonlyMap<string, AwsProfile>, setup: AwsSetup, secrets: Set<string>, above: readonly string[]): KeySource | undefined {
  const { plugin } = setup;
  const shown = printableLine(name, 100);
  const wrong = (why: string, hint: string): PluginError => new PluginError(plugin, `The AWS profile ${shown} ${why}.`, { hint });
  const profile = profiles.get(name) ?? {};
  const { role_arn: role, source_profile: based, credential_source: from, aws_access_key_id: id, aws_secret_access_key: secret } = profile;
  // A profile that is its own source means its keys.
  if (role !== undefined && above.at(-1) !== name) {
    if (profile['mfa_serial'] !== undefined) throw wrong('wants a code of a device for each session, which nobody can give at a renewal', 'Use a role without mfa_serial.');
    if (above.includes(name)) throw wrong('is based on itself', 'Correct source_profile in ~/.aws/config.');
    if (based !== undefined && !profiles.has(based)) throw wrong(`is based on the profile ${printableLine(based, 100)}, which is not there`, 'Correct source_profile in ~/.aws/config.');
    const source = based === undefined ? namedSource(from, setup, secrets) : profileSource(based, profiles, setup, secrets, [...above, name]);
    if (!source) throw wrong('has a role_arn, and no keys to assume it with', 'Set source_profile to a profile with keys, or credential_source to Environment, EcsContainer or Ec2InstanceMetadata.');
    return () => assumedKeys(profile, role, source, setup, secrets);
  }
  if (id === undefined && secret === undefined) {
    const unknown = ['sso_session', 'sso_start_url', 'credential_process', 'web_identity_token_file'].find((key) => profile[key] !== undefined);
    if (unknown === undefined) return undefined;
    throw wrong(`has its keys by ${unknown}, which is not known here`, 'Give it keys or a role with source_profile; `aws configure export-credentials` shows keys of any profile.');
  }
  if (id === undefined || secret === undefined) throw wrong(`has no ${id === undefined ? 'aws_access_key_id' : 'aws_secret_access_key'}`, 'Keys are always two.');
  return still({ id, secret, ...tokenOf(profile['aws_session_token']) });
}

/** credential_source of a profile. */
function namedSource(name: string | undefined, setup: AwsSetup, secrets: Set<string>): KeySource | undefined {
  const keys = name === 'Environment' ? environmentKeys(setup) : undefined;
  if (keys) return still(keys);
  return name === 'EcsContainer' ? containerSource(setup, secrets) : name === 'Ec2InstanceMetadata' ? instanceSource(setup, secrets) : undefined;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
async function assumedKeys(profile: AwsProfile, role: string, source: KeySource, { plugin, connect }: AwsSetup, secrets: Set<string>): Promise<TimedKeys> {
  const keys = noted(await source(), secrets);
  const api = connect({
    base: 'https://sts.amazonaws.com',
    // By JSON, which connect asks for, times would be numbers.
    headers: { accept: '*/*', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    sign: ({ method, url, body }) => signV4({ method, url, body }, { keys, region: 'us-east-1', service: 'sts', at: Date.now() }),
    problem: (_json, text) => awsProblem(text),
    secrets: () => [...secrets],
  });
  const wanted = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role, RoleSessionName: profile['role_session_name'] ?? `certwright-${Math.floor(Date.now() / 1000)}`, ExternalId: profile['external_id'], DurationSeconds: profile['duration_seconds'] };
  const body = new URLSearchParams(Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined)).toString();
  const answer = await api({ method: 'POST', path: '/', body });
  const root = parseXml(answer.text);
  const text = (name: string): string => textAt(root, 'AssumeRoleResult', 'Credentials', name);
  return timedKeys(plugin, answer, { id: text('AccessKeyId'), secret: text('SecretAccessKey'), token: text('SessionToken'), expiration: text('Expiration') });
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html */
function containerSource({ plugin, environment, connect }: AwsSetup, secrets: Set<string>): KeySource | undefined {
  const [relative, full] = [environment['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'], environment['AWS_CONTAINER_CREDENTIALS_FULL_URI']];
  if (!relative && !full) return undefined;
  const url = relative ? `http://169.254.170.2${relative.startsWith('/') ? '' : '/'}${relative}` : (full ?? '');
  const { protocol, hostname, origin, pathname, search } = URL.canParse(url) ? new URL(url) : new URL('about:blank');
  if (protocol !== 'https:' && !(protocol === 'http:' && CONTAINER_HOSTS.test(hostname))) {
    throw new PluginError(plugin, `AWS_CONTAINER_CREDENTIALS_FULL_URI is neither https nor an address of this machine or its host: ${printableLine(url, 200)}.`, { hint: 'The service that runs the container sets it; keys are not asked for elsewhere.' });
  }
  return async () => {
    const authorization = containerToken(plugin, environment);
    if (authorization) secrets.add(authorization);
    const api = connect({ base: origin, headers: authorization === undefined ? {} : { authorization }, patience: NEARBY, secrets: () => [...secrets] });
    return keysIn(plugin, await api({ path: `${pathname}${search}` }));
  };
}

function containerToken(plugin: string, environment: AwsSetup['environment']): string | undefined {
  const file = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'];
  let token = environment['AWS_CONTAINER_AUTHORIZATION_TOKEN'];
  try {
    if (file) token = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new PluginError(plugin, `The file of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}).`);
  }
  if (token !== undefined && /[\r\n]/.test(token)) throw new PluginError(plugin, 'The authorization token of the container has more than one line.');
  return token || undefined;
}

/** https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html, IMDSv2. */
function instanceSource({ plugin, access, environment, connect, log }: AwsSetup, secrets: Set<string>): KeySource {
  const none = (): PluginError => new PluginError(plugin, 'Unable to locate credentials of AWS.', { hint: `Neither ${plugin === 'dns-route53' ? '--dns-route53-credentials, nor ' : ''}the environment, a profile, a container's service or the instance has any. ${access}` });
  return async () => {
    if (environment['AWS_EC2_METADATA_DISABLED']?.toLowerCase() === 'true') throw none();
    const base = (environment['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254').replace(/\/+$/, '');
    if (!URL.canParse(base)) throw new PluginError(plugin, `AWS_EC2_METADATA_SERVICE_ENDPOINT is no address: ${printableLine(base, 200)}.`);
    const api = connect({ base, patience: NEARBY, secrets: () => [...secrets] });
    const roles = '/latest/meta-data/iam/security-credentials/';
    try {
      const token = (await api({ method: 'PUT', path: '/latest/api/token', headers: { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' } })).text;
      if (!/^[\x21-\x7e]+$/.test(token)) throw none();
      secrets.add(token);
      const headers = { 'x-aws-ec2-metadata-token': token };
      const role = (await api({ path: roles, headers })).text.split('\n', 1)[0]?.trim() ?? '';
      if (!/^[\w+=,.@-]+$/.test(role)) throw none();
      return keysIn(plugin, await api({ path: `${roles}${role}`, headers }));
    } catch (error) {
      if (!(error instanceof NetworkError) && !(error instanceof ProviderRefusal)) throw error;
      log('debug', `${plugin}: the instance has no credentials: ${error.message}`);
      throw none();
    }
  };
}

function keysIn(plugin: string, answer: ApiAnswer): TimedKeys {
  const text = (name: string): string => word(at(answer.json, name));
  return timedKeys(plugin, answer, { id: text('AccessKeyId'), secret: text('SecretAccessKey'), token: text('Token'), expiration: text('Expiration') });
}

function timedKeys(plugin: string, answer: ApiAnswer, { id, secret, token, expiration }: { id: string; secret: string; token: string; expiration: string }): TimedKeys {
  if (id === '' || secret === '') throw notUnderstood(plugin, answer, 'keys');
  const until = Date.parse(expiration);
  return { id, secret, ...tokenOf(token), until: Number.isNaN(until) ? Infinity : until };
}

function noted<K extends AwsKeys>(keys: K, secrets: Set<string>): K {
  for (const secret of [keys.secret, keys.token]) if (secret) secrets.add(secret);
  return keys;
}

function still(keys: AwsKeys): KeySource {
  return () => Promise.resolve({ ...keys, until: Infinity });
}

function tokenOf(token: string | undefined): { token?: string } {
  return token ? { token } : {};
}
