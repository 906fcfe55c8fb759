import { createServer, type Server } from 'node:http';
import type { ChallengeContext, ChallengeTask } from '../contract.js';
import { listen } from './listen.js';

export interface ChallengeServer {
  /** `context` is told when the answer is fetched. Two certificates may wait for the same answer. */
  serve(task: ChallengeTask, context: Pick<ChallengeContext, 'served'>): void;
  forget(task: ChallengeTask): void;
  close(): Promise<void>;
}

const PREFIX = '/.well-known/acme-challenge/';

/** Serves key authorizations (RFC 8555 section 8.3) and nothing else. Throws PluginError, PermissionMissing. */
export async function openHttpServer(context: ChallengeContext, portFlag: string): Promise<ChallengeServer> {
  const answers = new Map<string, { task: ChallengeTask; context: Pick<ChallengeContext, 'served'> }[]>();
  const create = (): Server =>
    createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      const path = (request.url ?? '').split('?')[0] ?? '';
      const waiting = path.startsWith(PREFIX) ? (answers.get(path.slice(PREFIX.length)) ?? []) : [];
      const [answer] = waiting;
      if (!answer || (request.method !== 'GET' && request.method !== 'HEAD')) {
        response.writeHead(404, { 'content-type': 'text/plain', connection: 'close' }).end('certwright: nothing here\n');
        return;
      }
      const { validation } = answer.task;
      response.once('finish', () => {
        for (const { task, context: owner } of waiting) owner.served(task);
      });
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(validation) });
      response.end(request.method === 'HEAD' ? undefined : validation);
    });
  const servers = await listen(create, context.http01Port, context.http01Address, portFlag);
  return {
    serve: (task, owner) => void answers.set(task.token, [...(answers.get(task.token) ?? []), { task, context: owner }]),
    forget(task) {
      const others = (answers.get(task.token) ?? []).filter((one) => one.task !== task);
      if (others.length > 0) answers.set(task.token, others);
      else answers.delete(task.token);
    },
    async close() {
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}
