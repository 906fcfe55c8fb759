import type { Authenticator, ChallengeContext, ChallengeTask } from '../contract.js';
import { openHttpServer, type ChallengeServer } from './http-server.js';
import { openTlsAlpnServer, serverName, type AlpnServer } from './tls-alpn-server.js';

/**
 * One server, also for several certificates at a time: the port is taken before anything is ordered, and given back as soon as
 * no answer is left to serve. Opening and closing wait for each other. A handshake shows one certificate for one name: whoever
 * wants tls-alpn-01 for a name that another certificate is proving waits until that one is done. `portFlag` is the option that chooses the
 * port for http-01.
 */
export function createStandalone(portFlag = '--http-01-port'): Authenticator {
  let http: ChallengeServer | null = null;
  let alpn: AlpnServer | null = null;
  const tasksServed = new Set<ChallengeTask>();
  const names = new Map<string, { task: ChallengeTask; done: Promise<void>; release: () => void }>();
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };

  /** All at once, or two that hold a name each could wait for one another. */
  const takeNames = async (tasks: readonly ChallengeTask[]): Promise<void> => {
    const wanted = tasks.filter(({ type }) => type === 'tls-alpn-01');
    const holder = () => wanted.map(({ identifier }) => names.get(serverName(identifier))).find((one) => one !== undefined);
    for (let held = holder(); held; held = holder()) await held.done;
    for (const task of wanted) {
      let release = (): void => undefined;
      const done = new Promise<void>((resolve) => (release = resolve));
      names.set(serverName(task.identifier), { task, done, release });
    }
  };
  const giveName = (task: ChallengeTask): void => {
    const name = serverName(task.identifier);
    const held = names.get(name);
    if (held?.task !== task) return;
    names.delete(name);
    held.release();
  };

  return {
    tellsFetches: true,
    challengeTypes: (_identifier, wildcard) => (wildcard ? [] : ['http-01', 'tls-alpn-01']),
    prepare: (context) =>
      inTurn(async () => {
        if (prefersAlpn(context)) alpn ??= await openTlsAlpnServer(context);
        else http ??= await openHttpServer(context, portFlag);
      }),
    async present(tasks, context) {
      await takeNames(tasks);
      await inTurn(async () => {
        for (const task of tasks) {
          tasksServed.add(task);
          if (task.type === 'tls-alpn-01') {
            alpn ??= await openTlsAlpnServer(context);
            await alpn.serve(task, context);
          } else {
            http ??= await openHttpServer(context, portFlag);
            http.serve(task, context);
          }
        }
      });
    },
    cleanUp: (tasks) =>
      inTurn(async () => {
        for (const task of tasks) {
          if (tasksServed.delete(task)) (task.type === 'tls-alpn-01' ? alpn : http)?.forget(task);
          giveName(task);
        }
        if (tasksServed.size > 0) return;
        const open = [http, alpn];
        [http, alpn] = [null, null];
        await Promise.all(open.map((server) => server?.close()));
      }),
  };
}

function prefersAlpn({ preferredChallenges }: ChallengeContext): boolean {
  return preferredChallenges[0] === 'tls-alpn-01';
}
