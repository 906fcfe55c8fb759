import type { Authenticator, ChallengeContext } from '../contract.js';
import { openHttpServer, type ChallengeServer } from './http-server.js';
import { openTlsAlpnServer, type AlpnServer } from './tls-alpn-server.js';

/**
 * One server, also for several certificates at a time: the port is taken before anything is ordered, and given back as soon as
 * no answer is left to serve. Opening and closing wait for each other.
 */
export function createStandalone(): Authenticator {
  let http: ChallengeServer | null = null;
  let alpn: AlpnServer | null = null;
  const tokens = new Set<string>();
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  return {
    challengeTypes: (_identifier, wildcard) => (wildcard ? [] : ['http-01', 'tls-alpn-01']),
    prepare: (context) =>
      inTurn(async () => {
        if (prefersAlpn(context)) alpn ??= await openTlsAlpnServer(context);
        else http ??= await openHttpServer(context);
      }),
    present: (tasks, context) =>
      inTurn(async () => {
        for (const task of tasks) {
          tokens.add(task.token);
          if (task.type === 'tls-alpn-01') {
            alpn ??= await openTlsAlpnServer(context);
            await alpn.serve(task, context);
          } else {
            http ??= await openHttpServer(context);
            http.serve(task, context);
          }
        }
      }),
    cleanUp: (tasks) =>
      inTurn(async () => {
        for (const { token } of tasks) tokens.delete(token);
        for (const task of tasks) (task.type === 'tls-alpn-01' ? alpn : http)?.forget(task);
        if (tokens.size > 0) return;
        const open = [http, alpn];
        [http, alpn] = [null, null];
        await Promise.all(open.map((server) => server?.close()));
      }),
  };
}

function prefersAlpn({ preferredChallenges }: ChallengeContext): boolean {
  return preferredChallenges[0] === 'tls-alpn-01';
}
