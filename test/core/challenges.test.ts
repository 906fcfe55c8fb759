import { expect, it } from 'vitest';
import type { AcmeClient, Order } from '../../src/acme/client.js';
import { prove, type ProveWorld } from '../../src/core/challenges.js';
import type { ObtainPlan } from '../../src/core/decide/plan.js';
import { watchServed } from '../../src/core/served.js';
import type { Authenticator, ChallengeContext } from '../../src/plugins/contract.js';

const identifier = { type: 'dns' as const, value: 'example.com', shown: 'example.com' };
const order: Order = { url: 'https://ca.example/order/1', status: 'pending', authorizations: ['https://ca.example/authz/1'], identifiers: [], finalize: 'https://ca.example/f' };

/** What the order is polled with when this authenticator has answered. */
async function polledWith(more: Partial<Authenticator>): Promise<{ wake?: Promise<unknown> }> {
  const polls: { wake?: Promise<unknown> }[] = [];
  const served = watchServed();
  const authenticator: Authenticator = {
    challengeTypes: () => ['http-01'],
    prepare: () => Promise.resolve(),
    async present(tasks, context) {
      for (const task of tasks) context.served(task);
      await Promise.resolve();
    },
    cleanUp: () => Promise.resolve(),
    ...more,
  };
  const client = {
    keyAuthorization: (token: string) => `${token}.key`,
    respond: () => Promise.resolve(),
    pollOrder(_url: string, options: { wake?: Promise<unknown> }) {
      polls.push(options);
      return Promise.resolve({ ...order, status: 'ready' });
    },
  } as unknown as AcmeClient;
  const world: ProveWorld = { client, authenticator, context: { served: served.mark } as unknown as ChallengeContext, report: () => undefined, pause: () => Promise.resolve(), served, now: () => 0, timeoutMs: 1000 };
  const authorization = { url: 'https://ca.example/authz/1', status: 'pending' as const, identifier: { type: 'dns', value: 'example.com' }, challenges: [{ type: 'http-01', url: 'https://ca.example/c', status: 'pending', token: 't' }] };
  const plan = { identifiers: [identifier], proofs: [], preferredChallenges: [] } as unknown as ObtainPlan;
  await prove(plan, order, [{ authorization: authorization as never, identifier, wildcard: false }], world);
  return polls[0] ?? {};
}

it('the order waits for the word of an authenticator that sees the CA fetch its answers, and of no other', async () => {
  await expect((await polledWith({ tellsFetches: true })).wake).resolves.toBeUndefined();
  expect((await polledWith({})).wake).toBeUndefined();
});
