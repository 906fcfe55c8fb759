import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { NetworkError, PluginError } from '../../../core/errors.js';
import { printableLine } from '../../../system/printable.js';
import { at, textIn, word } from '../answers.js';
import { readCredentials, type Credentials } from '../credentials.js';
import type { ProviderSetup } from '../provider.js';
import { ProviderRefusal, type ApiAnswer, type ApiRequest } from '../request.js';

/** Whose calls these are, and where the zones are. */
export interface GoogleAccess {
  /** A token for the next call, asked for anew before it expires. */
  token(): Promise<string>;
  /** The id of the project. Throws PluginError when nothing names one. */
  project(): Promise<string>;
  /** What must not be shown. */
  secrets(): readonly string[];
}

/** The scope that certbot asks for. */
const SCOPE = 'https://www.googleapis.com/auth/ndev.clouddns.readwrite';
const TOKEN_URI = 'https://oauth2.googleapis.com/token';
/** Milliseconds before its end when a token is no longer used. */
const MARGIN = 60_000;
/** Seconds that a signed assertion is good for: the most that is taken. */
const ASSERTION = 3600;
/** Milliseconds that the metadata server gets: where there is none, perhaps nothing answers at all. */
const NEARBY = 3000;

/** How an access token is had. */
interface Account {
  askToken(): Promise<ApiAnswer>;
  /** What names the project, best first. */
  project(): Promise<string | undefined>;
}

/**
 * Application Default Credentials as Google's own libraries find them (https://cloud.google.com/docs/authentication/application-default-credentials):
 * the given file, that of GOOGLE_APPLICATION_CREDENTIALS, gcloud's, the metadata server of the instance. Files are read now, nobody
 * is asked yet. Throws PluginError.
 */
export async function googleAccess(setup: ProviderSetup): Promise<GoogleAccess> {
  const { plugin, access, environment, options, signal, log } = setup;
  const secrets = new Set<string>();
  const given = setup.credentials.path !== null;
  const place = given ? null : usualFile(environment);
  const credentials = place === null ? setup.credentials : readCredentials(place, { plugin, access, env: environment, signal, log }, 'json');
  const hidden = (): readonly string[] => [...secrets, ...credentials.secrets()];
  const account = credentials.path === null ? instanceAccount(setup, hidden) : await fileAccount(setup, credentials, hidden);
  let held: { token: string; until: number } | undefined;
  let project: string | undefined;
  return {
    async token() {
      if (held && held.until - Date.now() > MARGIN) return held.token;
      const asked = Date.now();
      const answer = await account.askToken();
      const token = textIn(plugin, answer, 'access_token');
      secrets.add(token);
      const seconds = Number(at(answer.json, 'expires_in'));
      held = { token, until: asked + (Number.isFinite(seconds) ? seconds * 1000 : 0) };
      return token;
    },
    async project() {
      const named = options['dns_google_project'];
      project ??= (typeof named === 'string' && named !== '' ? named : undefined) ?? (given ? undefined : environment['GOOGLE_CLOUD_PROJECT'] || undefined) ?? (await account.project());
      if (project === undefined) throw new PluginError(plugin, 'The project that has the zones is not known.', { hint: 'Name it: --dns-google-project ID.' });
      // It becomes a part of a path; older ids begin with a domain (`example.com:project`).
      if (!/^[a-z0-9.:-]+$/i.test(project)) throw new PluginError(plugin, `This is no id of a project: ${printableLine(project, 100)}`, { hint: 'Name it: --dns-google-project ID.' });
      return project;
    },
    secrets: hidden,
  };
}

function usualFile(environment: ProviderSetup['environment']): string | null {
  const named = environment['GOOGLE_APPLICATION_CREDENTIALS'];
  if (named) return named;
  const folder = environment['CLOUDSDK_CONFIG'] || join(environment['HOME'] ?? homedir(), '.config', 'gcloud');
  const path = join(folder, 'application_default_credentials.json');
  return existsSync(path) ? path : null;
}

async function fileAccount(setup: ProviderSetup, credentials: Credentials, hidden: () => readonly string[]): Promise<Account> {
  const { plugin, access } = setup;
  const type = (await credentials.get('type')) ?? 'service_account';
  const uri = (await credentials.get('token_uri')) ?? TOKEN_URI;
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'https:') throw new PluginError(plugin, `token_uri of the credentials is no https address: ${printableLine(uri, 200)}`, { hint: access });
  const ask = async (form: Readonly<Record<string, string>>): Promise<ApiAnswer> => {
    const api = setup.connect({ base: url.origin, problem: oauthProblem, secrets: () => [...hidden(), ...Object.values(form)] });
    const request: ApiRequest = { method: 'POST', path: url.pathname, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(form).toString() };
    return api(request).catch((error: unknown) => {
      // A wrong key or account is a 400 here.
      if (error instanceof ProviderRefusal && error.status === 400) throw new PluginError(plugin, error.message, { hint: access });
      throw error;
    });
  };
  if (type === 'service_account') {
    const { client_email: email, private_key: pem } = await credentials.require({ client_email: 'address of the service account', private_key: 'private key of the service account' });
    const id = await credentials.get('private_key_id');
    const project = await credentials.get('project_id');
    const key = rsaKey(plugin, access, pem);
    return {
      askToken: () => ask({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: assertion({ email, key, audience: uri, ...(id === undefined ? {} : { id }) }, Math.floor(Date.now() / 1000)) }),
      project: () => Promise.resolve(project),
    };
  }
  if (type === 'authorized_user') {
    const { client_id, client_secret, refresh_token } = await credentials.require({ client_id: 'id of the OAuth client', client_secret: 'secret of the OAuth client', refresh_token: 'refresh token of the user' });
    const project = await credentials.get('quota_project_id');
    return { askToken: () => ask({ grant_type: 'refresh_token', client_id, client_secret, refresh_token }), project: () => Promise.resolve(project) };
  }
  throw new PluginError(plugin, `Credentials of the type ${printableLine(type, 100)} are not known here.`, { hint: `Those of a service account or of a user are. ${access}` });
}

/** https://cloud.google.com/compute/docs/metadata/querying-metadata */
function instanceAccount({ plugin, access, environment, connect }: ProviderSetup, hidden: () => readonly string[]): Account {
  const host = environment['GCE_METADATA_HOST'] || 'metadata.google.internal';
  const ask = async (path: string): Promise<ApiAnswer> => {
    try {
      const api = connect({ base: `http://${host}`, headers: { 'metadata-flavor': 'Google' }, patience: NEARBY, secrets: hidden });
      const answer = await api({ path: `/computeMetadata/v1/${path}` });
      if (answer.headers['metadata-flavor'] === 'Google') return answer;
    } catch (error) {
      if (!(error instanceof NetworkError) && !(error instanceof ProviderRefusal)) throw error;
    }
    throw new PluginError(plugin, 'Unable to get Google Cloud Metadata and no credentials specified. Automatic credential lookup is only available on Google Cloud Platform. Please configure credentials using --dns-google-credentials <file>', { hint: access });
  };
  return {
    askToken: () => ask('instance/service-accounts/default/token'),
    project: async () => (await ask('project/project-id')).text.trim() || undefined,
  };
}

/** The signed claim of a service account (RFC 7523; https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests); `now` in seconds since 1970. */
export function assertion({ email, key, audience, id }: { email: string; key: KeyObject; audience: string; id?: string }, now: number): string {
  const part = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT', ...(id === undefined ? {} : { kid: id }) })}.${part({ iss: email, scope: SCOPE, aud: audience, iat: now, exp: now + ASSERTION })}`;
  return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
}

function rsaKey(plugin: string, access: string, pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // What the parser says is of no use to a person, and may hold a part of the key.
  }
  throw new PluginError(plugin, 'private_key of the credentials is no RSA key in PEM.', { hint: access });
}

function oauthProblem(json: unknown): string | undefined {
  return [word(at(json, 'error')), word(at(json, 'error_description'))].filter((part) => part !== '').join(': ') || undefined;
}
