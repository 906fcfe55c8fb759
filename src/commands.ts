import type { Settings, Verb } from './core/settings.js';
import type { World } from './core/world.js';

type Command = (settings: Settings, world: World) => Promise<void> | void;

/**
 * Each command's code, loaded when it is called: what lists certificates must not pay for what orders them. `run`, `certonly` and
 * `resume` stand in main.ts, for they may lead to another command.
 */
export const commands: Partial<Readonly<Record<Verb, () => Promise<Command>>>> = {
  certificates: async () => (await import('./core/commands/certificates.js')).certificates,
  config_changes: async () => (await import('./core/commands/config-changes.js')).configChanges,
  delete: async () => (await import('./core/commands/delete.js')).deleteCertificate,
  enhance: async () => (await import('./core/commands/install.js')).enhance,
  install: async () => (await import('./core/commands/install.js')).installCertificate,
  hooks: async () => (await import('./core/commands/hooks-test.js')).hooksTest,
  export: async () => (await import('./core/commands/export.js')).exportCertificate,
  plugins: async () => (await import('./core/commands/plugins.js')).plugins,
  reconfigure: async () => (await import('./core/commands/reconfigure.js')).reconfigure,
  register: async () => (await import('./core/commands/account.js')).register,
  rename: async () => (await import('./core/commands/rename.js')).rename,
  renew: async () => (await import('./core/commands/renew.js')).renew,
  revoke: async () => (await import('./core/commands/revoke.js')).revoke,
  rollback: async () => (await import('./core/commands/rollback.js')).rollback,
  schedule: async () => (await import('./core/commands/schedule.js')).schedule,
  show_account: async () => (await import('./core/commands/account.js')).showAccount,
  unregister: async () => (await import('./core/commands/account.js')).unregister,
  uninstall: async () => (await import('./core/commands/uninstall.js')).uninstall,
  update_account: async () => (await import('./core/commands/account.js')).updateAccount,
  update_symlinks: async () => (await import('./core/commands/update-symlinks.js')).updateSymlinks,
  why: async () => (await import('./core/commands/why.js')).why,
};
