import { createHash } from 'node:crypto';
import { trustedRoots } from '../../system/trusted-roots.js';
import { connectApi, type Api, type ApiSettings } from '../dns/request.js';
import { awsCredentials } from './credential-chain.js';
import { signV4 } from './signature-v4.js';
import { awsProblem } from './xml.js';

export interface AwsWorld {
  plugin: string;
  /** What the keys must be allowed, in a sentence. */
  access: string;
  environment: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
}

/** Makes the calls of one service; a parameter, so that tests may lead them to a stand-in. */
export type Connect = (settings: ApiSettings, world: AwsWorld) => Api;

export function connectAws(settings: ApiSettings, { plugin, access, environment, signal, log }: AwsWorld): Api {
  const roots = trustedRoots(environment);
  return connectApi(settings, { plugin, title: 'Amazon Web Services', access, secrets: () => [], userAgent: `certwright/${CERTWRIGHT_VERSION}`, signal, log: (level, message) => log(level, message), ...(roots === undefined ? {} : { roots }) });
}

/** A service by its name in signatures, its address and region. */
export type OpenService = (service: string, base: string, region?: string) => Api;

/** Services of AWS with the keys that AWS's own tools would find; asks nothing yet. Throws PluginError for keys that are there and wrong. */
export async function openAws(world: AwsWorld, connect: Connect = connectAws): Promise<OpenService> {
  const keys = await awsCredentials({ ...world, connect: (settings) => connect(settings, world) });
  return (service, base, region = 'us-east-1') =>
    connect(
      {
        base,
        // By JSON, which requests ask for otherwise, some of them answer differently.
        headers: { accept: '*/*' },
        async sign({ method, url, headers, body }) {
          const own = { ...Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('x-amz-'))), ...(service === 's3' ? { 'x-amz-content-sha256': createHash('sha256').update(body).digest('hex') } : {}) };
          return { ...own, ...signV4({ method, url, headers: own, body }, { keys: await keys.keys(), region, service, at: Date.now() }) };
        },
        problem: (_json, text) => awsProblem(text),
        // Too many requests have the status 400 in the older services.
        again: ({ status, text }) => status === 400 && /^(?:Throttling|ThrottlingException|RequestLimitExceeded)\b/.test(awsProblem(text) ?? ''),
        secrets: () => keys.secrets(),
      },
      world,
    );
}
