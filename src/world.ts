import { hostname } from 'node:os';
import type { AcmeClient, DirectoryInfo } from './acme/client.js';
import { PermissionMissing } from './core/errors.js';
import { userUnitFolder } from './cli/defaults.js';
import { cleanEnvironment } from './core/hook-environment.js';
import type { Interaction } from './core/interaction.js';
import type { Settings } from './core/settings.js';
import type { World } from './core/world.js';
import type { PluginDescriptor } from './plugins/contract.js';
import type { Rehearsal } from './rehearsal.js';
import type { LocksOfRun } from './store/lock.js';
import type { Directories } from './store/paths.js';
import { systemClock } from './system/clock.js';
import type { Log } from './system/log.js';

/** Milliseconds for a program of the system. */
const PROGRAM_TIME = 60_000;

interface Parts {
  args: readonly string[];
  plugins: readonly PluginDescriptor[];
  env: Readonly<Record<string, string | undefined>>;
  dirs: Directories;
  log: Log;
  interaction: Interaction;
  signal: AbortSignal;
  /** null = nothing of this machine is touched. */
  locks: LocksOfRun | null;
  rehearsal: Rehearsal | null;
  attended: boolean;
}

/** The real outside world for one command: network, shell, clock. What is heavy is loaded when it is first used. */
export function makeWorld({ args, plugins, env, dirs, log, interaction, signal, locks, rehearsal, attended }: Parts): World {
  // For tests: everything that `schedule` reads and writes is below this folder.
  const root = env['CERTWRIGHT_ROOT'] || '/';
  const directories = new Map<string, Promise<DirectoryInfo>>();
  const connect = async (settings: Settings, accountKey: string | null, accountUrl: string | null): Promise<AcmeClient> => {
    const { createAcmeClient } = await import('./acme/client.js');
    const { server, verifySsl } = { server: settings.values.server, verifySsl: !settings.values.noVerifySsl };
    return createAcmeClient({
      directoryUrl: server,
      accountKey,
      accountUrl,
      userAgent: userAgent(settings),
      verifySsl,
      signal,
      env,
      onExchange({ method, url, status, ms, purpose, detail }) {
        log.write('debug', 'acme', detail());
        interaction.report({ type: 'acme', method, url, status, ms, purpose });
      },
      onPause(ms) {
        interaction.report({ type: 'waiting', why: 'rate-limit', seconds: Math.ceil(ms / 1000), until: new Date(Date.now() + ms).toISOString(), server });
      },
    });
  };
  const world: World = {
    interaction,
    dirs,
    plugins,
    clock: systemClock,
    signal,
    env,
    host: hostname(),
    attended,
    authenticators: null,
    args,
    startedBy: [process.execPath, process.argv[1] ?? ''],
    root,
    async schedule({ owners = false, user }) {
      const { lookAtSchedule } = await import('./core/schedule.js');
      const run = async (command: readonly string[]): Promise<string | null> => {
        const { exitCode, stdout } = await world.runProgram(command);
        return exitCode === 0 ? stdout : null;
      };
      const own = { name: env['LOGNAME'] || env['USER'] || '', unitFolder: userUnitFolder(env), runtimeFolder: env['XDG_RUNTIME_DIR'] || `/run/user/${process.getuid?.() ?? ''}` };
      return lookAtSchedule({ root, now: systemClock.now(), run, owners, ...(user ? { user: own } : {}) });
    },
    async runProgram(command) {
      const [{ runShell }, { shellQuote }] = await Promise.all([import('./system/process.js'), import('./core/decide/command-line.js')]);
      return runShell(shellQuote(command), { env: { ...env, LC_ALL: 'C', TZ: 'UTC' }, timeoutMs: PROGRAM_TIME, signal });
    },
    async lockFolder(path) {
      try {
        await locks?.take([path]);
      } catch (error) {
        if (!(error instanceof PermissionMissing)) throw error;
        // Nobody can edit there: who only has the server read its certificates needs no more.
        log.write('debug', 'lock', error.message);
      }
    },
    sandbox: rehearsal?.help ?? null,
    connect,
    directory(settings) {
      const { server } = settings.values;
      const known = directories.get(server) ?? connect(settings, null, null).then((client) => client.directory());
      directories.set(server, known);
      known.catch(() => directories.delete(server));
      return known;
    },
    async runHook(command, { env: more, timeoutMs, input }) {
      const { runShell } = await import('./system/process.js');
      return runShell(command, { env: { ...cleanEnvironment(env), ...more }, timeoutMs, signal, ...(input === undefined ? {} : { input }) });
    },
    log(level, message) {
      log.write(level, 'core', message);
      if (level !== 'debug') interaction.report({ type: 'log', level, message });
    },
    async rehearse(plan, settings) {
      const { rehearse } = await import('./rehearse.js');
      return rehearse(plan, settings, world, { args, env, log, signal });
    },
  };
  return world;
}

/** certbot's form: program, version, system; --user-agent replaces it, --user-agent-comment is added (S151). */
function userAgent({ program, values }: Settings): string {
  if (values.userAgent !== undefined) return values.userAgent;
  const comment = values.userAgentComment === undefined ? '' : `; ${values.userAgentComment}`;
  return `${program === 'certwright' ? 'certwright' : `certwright as ${program}`}/${CERTWRIGHT_VERSION} (${process.platform}; node ${process.versions.node}${comment})`;
}
