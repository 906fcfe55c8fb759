import { createServer, type Server } from 'node:http';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { SandboxHelp } from './core/sandbox-help.js';
import type { WebrootMap } from './core/settings.js';
import type { ChallengeTask } from './plugins/contract.js';
import type { Sandbox } from './sandbox/sandbox.js';

/** Milliseconds between the records that the sandbox places for a person: long enough to see 'not yet' turn into 'seen'. */
const PLACING_PACE = 1500;

/** The sandbox in the role of the person's DNS provider and web server; `close` ends both. */
export function sandboxHelp(sandbox: Sandbox, httpPort: number): SandboxHelp & { close(): Promise<void> } {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  let server: Server | null = null;

  const serve = async (): Promise<void> => {
    if (server) return;
    server = createServer((request, response) => {
      const name = (request.headers.host ?? '').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
      const body = files.get(`${name} ${request.url ?? ''}`) ?? fileBelow(folders.get(name), request.url ?? '');
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'text/plain' }).end(body ?? 'Not found\n');
    });
    await new Promise<void>((resolve, reject) => server?.once('error', reject).listen(httpPort, '127.0.0.1', resolve));
  };

  return {
    nameservers: [`${sandbox.dns.address}:${sandbox.dns.port}`],
    async serveFolders(map: WebrootMap) {
      for (const [name, folder] of Object.entries(map)) folders.set(name, folder);
      await serve();
    },
    placeByHand(tasks: readonly ChallengeTask[]) {
      tasks.forEach((task, index) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          if (task.recordName !== undefined) sandbox.setRecord(task.recordName, 'TXT', task.validation);
          else {
            files.set(`${task.identifier.value} /.well-known/acme-challenge/${task.token}`, task.validation);
            void serve();
          }
        }, PLACING_PACE * (index + 2));
        timers.add(timer);
      });
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      const open = server;
      server = null;
      if (open) {
        open.closeAllConnections();
        await new Promise((resolve) => open.close(resolve));
      }
    },
  };
}

/** A file below the folder, never outside it. */
function fileBelow(folder: string | undefined, url: string): string | undefined {
  if (folder === undefined) return undefined;
  const path = join(folder, url.split('?')[0] ?? '');
  if (!existsSync(path)) return undefined;
  const real = realpathSync(path);
  return real.startsWith(realpathSync(folder) + sep) ? readFileSync(real, 'utf8') : undefined;
}
