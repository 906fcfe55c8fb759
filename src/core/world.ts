import type { AcmeClient, DirectoryInfo } from '../acme/client.js';
import type { Authenticator, PluginDescriptor } from '../plugins/contract.js';
import type { Directories } from '../store/paths.js';
import type { Clock } from '../system/clock.js';
import type { ObtainPlan } from './decide/plan.js';
import type { ScheduleFact } from './decide/schedule-fact.js';
import type { RunHook } from './hooks.js';
import type { Interaction } from './interaction.js';
import type { SandboxHelp } from './sandbox-help.js';
import type { Settings } from './settings.js';

/** The outside world as commands see it; put together once by main, and by tests. */
export interface World {
  interaction: Interaction;
  dirs: Directories;
  plugins: readonly PluginDescriptor[];
  clock: Clock;
  signal: AbortSignal;
  env: Readonly<Record<string, string | undefined>>;
  /** This machine's name, for account metadata. */
  host: string;
  /** The words that start this program: Node and its script, with full paths. */
  startedBy: readonly string[];
  /** `/`; the folder that stands for it in tests. */
  root: string;
  /** Who runs renewals here, looked up at each call; `owners`: with the packages of cron files; `user`: with this user's own jobs (--user-dirs). */
  schedule(wish: { owners?: boolean; user: boolean }): Promise<ScheduleFact>;
  /** Runs a program of the system; never throws for how it ends. */
  runProgram(command: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  /** Keeps other clients out of a web server's configuration, as certbot does, until this run ends (S147). Throws LockHeld. */
  lockFolder(path: string): Promise<void>;
  /** The words typed after the program's name, for `resume`. */
  args: readonly string[];
  sandbox: SandboxHelp | null;
  /** A client for this CA; key and account URL null = only the directory is wanted. */
  connect(settings: Settings, accountKey: string | null, accountUrl: string | null): Promise<AcmeClient>;
  directory(settings: Settings): Promise<DirectoryInfo>;
  runHook: RunHook;
  /** Is somebody at a terminal? */
  attended: boolean;
  /** Authenticators that several certificates of one run share; null = each loads its own. */
  authenticators: Map<string, Promise<Authenticator>> | null;
  log(level: 'debug' | 'info' | 'warning' | 'error', message: string): void;
  /** Carries the same plan out on the embedded sandbox, in folders that are thrown away; true when it worked. */
  rehearse(plan: ObtainPlan, settings: Settings): Promise<boolean>;
}
