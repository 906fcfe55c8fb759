import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join, sep } from 'node:path';
import type { SandboxHelp } from './core/sandbox-help.js';
import { isSet, type Settings, type WebrootMap } from './core/settings.js';
import type { ChallengeTask } from './plugins/contract.js';
import { startSandbox, type Sandbox } from './sandbox/sandbox.js';

/** Milliseconds between the records that the sandbox places for a person: long enough to see 'not yet' turn into 'seen'. */
const PLACING_PACE = 2300;
/** The sandbox's own port when it is free, so that renewal files of one day work on the next. */
const USUAL_PORT = 14555;

/** A running sandbox CA with the settings and environment that make a command use it, and nothing real. */
export interface Rehearsal {
  settings: Settings;
  env: Readonly<Record<string, string | undefined>>;
  sandbox: Sandbox;
  help: SandboxHelp;
  /** Where the CA looks for http-01 answers. */
  httpPort: number;
  httpsPort: number;
  /** The root certificate of the CA's own address, in PEM form. */
  rootPath: string;
  close(): Promise<void>;
}

/**
 * Starts the embedded CA for one command: its directories are its own (unless some were given), its CA is the only one that is
 * asked, challenges are looked for on free ports of this machine. Throws UsageError for faults that cannot be understood.
 */
export async function startRehearsal(asked: Settings, env: Readonly<Record<string, string | undefined>>): Promise<Rehearsal> {
  const { values } = asked;
  const state = join(env['XDG_STATE_HOME'] ?? join(env['HOME'] ?? homedir(), '.local', 'state'), 'certwright-sandbox');
  const own = (option: 'configDir' | 'workDir' | 'logsDir', folder: string): string => (isSet(asked, option) ? values[option] : join(state, folder));
  const directories = { configDir: own('configDir', 'config'), workDir: own('workDir', 'work'), logsDir: own('logsDir', 'logs') };
  const httpPort = isSet(asked, 'http01Port') ? values.http01Port : await freePort();
  const httpsPort = isSet(asked, 'httpsPort') ? values.httpsPort : await freePort();
  const folder = join(directories.configDir, '.sandbox-ca');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const sandbox = await startSandbox({
    port: isSet(asked, 'sandboxPort') ? values.sandboxPort : await usualPort(),
    dnsPort: values.sandboxDnsPort,
    httpPort,
    tlsPort: httpsPort,
    stateFolder: folder,
    ...(values.sandboxFaults === undefined ? {} : { faults: values.sandboxFaults }),
  });
  const rootPath = join(folder, 'root.pem');
  writeFileSync(rootPath, sandbox.rootPem);
  const help = sandboxHelp(sandbox, httpPort);
  return {
    settings: { ...asked, values: { ...values, ...directories, sandbox: true, server: sandbox.directoryUrl, http01Port: httpPort, httpsPort, http01Address: values.http01Address ?? '127.0.0.1' } },
    env: { ...env, REQUESTS_CA_BUNDLE: rootPath },
    sandbox,
    help,
    httpPort,
    httpsPort,
    rootPath,
    async close() {
      await help.close();
      await sandbox.stop();
    },
  };
}

async function usualPort(): Promise<number> {
  return (await canListen(USUAL_PORT)) ? USUAL_PORT : 0;
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** The sandbox in the role of the person's DNS provider and web server; `close` ends both. */
function sandboxHelp(sandbox: Sandbox, httpPort: number): SandboxHelp & { close(): Promise<void> } {
  const files = new Map<string, string>();
  const folders = new Map<string, string>();
  const timers = new Set<NodeJS.Timeout>();
  let server: Server | null = null;

  const serve = async (): Promise<void> => {
    if (server) return;
    server = createHttpServer((request, response) => {
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
