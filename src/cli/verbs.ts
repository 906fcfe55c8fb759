import type { Verb } from '../core/settings.js';

/** Every word that names a command; old names too. `done` false: certwright does not do it yet. */
export const verbs: Readonly<Record<string, { verb: Verb; help: string; done: boolean }>> = {
  run: { verb: 'run', help: 'Get a certificate, and install it where a plugin can', done: true },
  certonly: { verb: 'certonly', help: 'Get or renew a certificate, and touch no server', done: true },
  renew: { verb: 'renew', help: 'Renew every certificate that is due', done: true },
  certificates: { verb: 'certificates', help: 'List the certificates of this machine', done: true },
  resume: { verb: 'resume', help: 'Go on with an order that was cut off', done: true },
  sandbox: { verb: 'sandbox', help: 'Leave the embedded CA running, for other clients', done: true },
  auth: { verb: 'certonly', help: '', done: true },
  everything: { verb: 'run', help: '', done: true },
  revoke: { verb: 'revoke', help: 'Revoke a certificate', done: true },
  delete: { verb: 'delete', help: 'Delete a certificate', done: true },
  install: { verb: 'install', help: 'Install a certificate in a server', done: false },
  enhance: { verb: 'enhance', help: 'Harden an installation', done: false },
  rollback: { verb: 'rollback', help: 'Undo server configuration changes', done: false },
  register: { verb: 'register', help: 'Create an account at the CA', done: true },
  update_account: { verb: 'update_account', help: 'Change the account', done: true },
  unregister: { verb: 'unregister', help: 'Deactivate the account', done: true },
  show_account: { verb: 'show_account', help: 'Show the account', done: true },
  reconfigure: { verb: 'reconfigure', help: "Change a certificate's saved options", done: true },
  plugins: { verb: 'plugins', help: 'List the plugins', done: true },
  update_symlinks: { verb: 'update_symlinks', help: 'Make the links of live/ anew', done: true },
  config_changes: { verb: 'config_changes', help: 'Show changes of server configuration', done: false },
};
