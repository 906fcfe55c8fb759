import type { AcmeClient, DirectoryInfo } from '../acme/client.js';
import type { Authenticator, PluginDescriptor } from '../plugins/contract.js';
import type { Directories } from '../store/paths.js';
import type { Clock } from '../system/clock.js';
import type { ObtainPlan } from './decide/plan.js';
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
