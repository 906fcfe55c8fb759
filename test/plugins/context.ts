import type { ChallengeContext, ChallengeTask } from '../../src/plugins/contract.js';

export interface Seen {
  served: ChallengeTask[];
  hooks: { kind: string; name: string; stdout: string; stderr: string; exitCode: number }[];
  instructed: (readonly ChallengeTask[])[];
  lasting: number[];
}

/** What core gives a plugin, with a record of what the plugin tells. */
export function context(more: Partial<ChallengeContext> = {}): ChallengeContext & { seen: Seen } {
  const seen: Seen = { served: [], hooks: [], instructed: [], lasting: [] };
  return {
    options: {},
    http01Port: 0,
    httpsPort: 0,
    preferredChallenges: [],
    webrootMap: {},
    configDir: '/nonexistent',
    workDir: '/nonexistent',
    environment: { PATH: process.env['PATH'] },
    noninteractive: false,
    validateHooks: true,
    hookTimeoutMs: 0,
    selfCheck: true,
    challengeAliases: {},
    dnsResolvers: [],
    recordSeen: () => undefined,
    lasts: (_task, until) => void seen.lasting.push(until),
    signal: new AbortController().signal,
    log: () => undefined,
    hookOutput: ({ kind, name, stdout, stderr, exitCode }) => void seen.hooks.push({ kind, name, stdout, stderr, exitCode }),
    instruct: (tasks) => Promise.resolve(void seen.instructed.push(tasks)),
    changeForNow: () => Promise.reject(new Error('no server is changed here')),
    putBack: () => Promise.resolve(),
    served: (fetched) => void seen.served.push(fetched),
    seen,
    ...more,
  };
}

export function task(value: string, more: Partial<ChallengeTask> = {}): ChallengeTask {
  return { identifier: { type: 'dns', value, shown: value }, wildcard: false, type: 'http-01', token: `token-${value.replaceAll('.', '-')}`, keyAuthorization: `ka-${value}`, validation: `ka-${value}`, ...more };
}
