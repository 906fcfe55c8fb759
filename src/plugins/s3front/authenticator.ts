import { lookup } from 'node:dns/promises';
import { PluginError } from '../../core/errors.js';
import { probe } from '../../system/http-probe.js';
import { printableLine } from '../../system/printable.js';
import { connectAws, openAws, type Connect } from '../aws/session.js';
import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { ProviderRefusal, type Api } from '../dns/request.js';

const ACCESS = 'The AWS keys (environment, ~/.aws, container or instance) must be allowed s3:PutObject, s3:PutObjectAcl and s3:DeleteObject below .well-known/acme-challenge/ of the bucket.';
/** RFC 8555 section 8.1: base64url only; anything else could name another object. */
const TOKEN = /^[A-Za-z0-9_-]+$/;
const TIME = 10_000;

/** What a visitor gets at a name. Throws Error with a plain reason. */
type Fetch = (url: string) => Promise<string>;

const fetchFromOutside: Fetch = async (url) => {
  const resolve = async (name: string): Promise<readonly string[]> => (await lookup(name, { all: true })).map(({ address }) => address);
  const [address] = await resolve(new URL(url).hostname);
  if (address === undefined) throw new Error('the name has no address');
  return (await probe(url, address, { timeoutMs: TIME, resolve })).body;
};

/** Puts the key authorization into the bucket of a site. `connect` and `fetch` are parameters for tests. */
export function createS3Authenticator(connect: Connect = connectAws, fetch: Fetch = fetchFromOutside): Authenticator {
  const placed = new WeakSet<ChallengeTask>();
  return {
    challengeTypes: (identifier, wildcard) => (identifier.type === 'ip' || wildcard ? [] : ['http-01']),
    check: (context) => void bucketOf(context),
    async prepare(context) {
      await bucketApi(context, connect);
    },
    async present(tasks, context) {
      const api = await bucketApi(context, connect);
      for (const task of tasks) {
        if (!TOKEN.test(task.token)) throw new PluginError('auth', 'The CA sent a token that is not base64url; nothing was written.');
        placed.add(task);
        await put(api, pathOf(task, context), task.keyAuthorization);
        if (context.selfCheck) await seen(task, context, fetch);
      }
    },
    async cleanUp(tasks, context) {
      const mine = tasks.filter((task) => placed.delete(task));
      if (mine.length === 0) return;
      // Also after Ctrl-C: what was placed must go.
      const free = { ...context, signal: new AbortController().signal };
      for (const task of mine) {
        try {
          await (await bucketApi(free, connect))({ method: 'DELETE', path: pathOf(task, context), accept: [404] });
        } catch (error) {
          context.log('warning', `The object of ${task.identifier.shown} could not be removed from the bucket: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    },
  };
}

/** Buckets made since April 2023 refuse access lists: there the bucket's own policy must let visitors read. */
async function put(api: Api, path: string, body: string): Promise<void> {
  const request = { method: 'PUT' as const, path, body };
  try {
    await api({ ...request, headers: { 'content-type': 'text/plain', 'x-amz-acl': 'public-read' } });
  } catch (error) {
    if (!(error instanceof ProviderRefusal) || !error.message.includes('AccessControlListNotSupported')) throw error;
    await api({ ...request, headers: { 'content-type': 'text/plain' } });
  }
}

async function seen({ identifier, token, keyAuthorization }: ChallengeTask, { http01Port }: ChallengeContext, fetch: Fetch): Promise<void> {
  const url = `http://${identifier.value}${http01Port === 80 ? '' : `:${http01Port}`}/.well-known/acme-challenge/${token}`;
  let what: string;
  try {
    const body = await fetch(url);
    if (body.trim() === keyAuthorization) return;
    what = `something else is there: ${printableLine(body, 100)}`;
  } catch (error) {
    what = error instanceof Error ? error.message : String(error);
  }
  throw new PluginError('auth', `The answer for ${identifier.shown} was put into the bucket and cannot be seen at ${url}: ${what}`, {
    hint: 'The site must be served from this bucket, and --auth-s3-directory be its origin path. With --no-self-check the certificate authority is asked all the same.',
  });
}

function text({ options }: ChallengeContext, name: string): string {
  const value = options[`auth_s3_${name}`];
  return typeof value === 'string' ? value : '';
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
function bucketOf(context: ChallengeContext): { bucket: string; region: string } {
  const bucket = text(context, 'bucket') || context.environment['S3_BUCKET'] || '';
  if (bucket === '') throw new PluginError('auth', 'No S3 bucket is named.', { hint: 'Name the one that the site is served from with --auth-s3-bucket, or in the environment variable S3_BUCKET.' });
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new PluginError('auth', `${printableLine(bucket, 80)} cannot be the name of an S3 bucket.`, { hint: 'Correct --auth-s3-bucket.' });
  const region = text(context, 'region') || 'us-east-1';
  if (!/^[a-z]{2}(?:-[a-z]+)+-\d+$/.test(region)) throw new PluginError('auth', `${printableLine(region, 80)} is no region of AWS.`, { hint: 'Correct --auth-s3-region: eu-central-1, for example.' });
  return { bucket, region };
}

async function bucketApi(context: ChallengeContext, connect: Connect): Promise<Api> {
  const { bucket, region } = bucketOf(context);
  const open = await openAws({ plugin: 'auth', access: ACCESS, environment: context.environment, signal: context.signal, log: (level, message) => context.log(level, message) }, connect);
  // A name with dots is not covered by Amazon's certificate.
  return bucket.includes('.') ? open('s3', `https://s3.${region}.amazonaws.com/${bucket}`, region) : open('s3', `https://${bucket}.s3.${region}.amazonaws.com`, region);
}

function pathOf({ token }: ChallengeTask, context: ChallengeContext): string {
  const folder = text(context, 'directory').split('/').filter((part) => part !== '');
  const escaped = (part: string): string => encodeURIComponent(part).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `/${[...folder.map(escaped), '.well-known', 'acme-challenge', token].join('/')}`;
}
