import type { OptionName, Verb } from '../core/settings.js';
import type { Topic } from './option.js';

interface VerbWord {
  verb: Verb;
  /** Empty for old names. */
  help: string;
  /** False: certwright does not do it yet. */
  done: boolean;
  /** Words it takes besides options, as the usage line shows them, and how many there may be. */
  operands?: { shown: string; most: number };
}

/** Every word that names a command; old names too. */
export const verbs: Readonly<Record<string, VerbWord>> = {
  run: { verb: 'run', help: 'Get a certificate, and install it where a plugin can', done: true },
  certonly: { verb: 'certonly', help: 'Get or renew a certificate, and touch no server', done: true },
  renew: { verb: 'renew', help: 'Renew every certificate that is due', done: true },
  certificates: { verb: 'certificates', help: 'List the certificates of this machine', done: true },
  resume: { verb: 'resume', help: 'Go on with an order that was cut off', done: true },
  schedule: { verb: 'schedule', help: 'Have renewals run by themselves: status, install, remove', done: true, operands: { shown: '[status|install|remove]', most: 1 } },
  sandbox: { verb: 'sandbox', help: 'Leave the embedded CA running, for other clients', done: true },
  export: { verb: 'export', help: 'Write a certificate for another program: PKCS#12, one PEM file, DER', done: true },
  auth: { verb: 'certonly', help: '', done: true },
  everything: { verb: 'run', help: '', done: true },
  revoke: { verb: 'revoke', help: 'Revoke a certificate', done: true },
  delete: { verb: 'delete', help: 'Delete a certificate', done: true },
  rename: { verb: 'rename', help: 'Give a certificate another name, also in servers', done: true, operands: { shown: '[OLD] NEW', most: 2 } },
  install: { verb: 'install', help: 'Install a certificate in a server', done: true },
  enhance: { verb: 'enhance', help: 'Harden an installation', done: true },
  uninstall: { verb: 'uninstall', help: 'Take a certificate out of a server, and keep it', done: true },
  rollback: { verb: 'rollback', help: 'Undo server configuration changes', done: true, operands: { shown: '[CHECKPOINT]', most: 1 } },
  register: { verb: 'register', help: 'Create an account at the CA', done: true },
  update_account: { verb: 'update_account', help: 'Change the account', done: true },
  unregister: { verb: 'unregister', help: 'Deactivate the account', done: true },
  show_account: { verb: 'show_account', help: 'Show the account', done: true },
  reconfigure: { verb: 'reconfigure', help: "Change a certificate's saved options", done: true },
  plugins: { verb: 'plugins', help: 'List the plugins', done: true },
  completion: { verb: 'completion', help: 'Print the completion script of a shell', done: true, operands: { shown: 'bash|zsh|fish', most: 1 } },
  man: { verb: 'man', help: 'Print the manual page', done: true },
  update_symlinks: { verb: 'update_symlinks', help: 'Make the links of live/ anew', done: true },
  hooks: { verb: 'hooks', help: 'Try the hooks of a certificate, without any CA', done: true, operands: { shown: 'test [pre|deploy|post]', most: 2 } },
  why: { verb: 'why', help: 'Say when and why a certificate will be renewed, or not', done: true, operands: { shown: '[NAME]', most: 1 } },
  config_changes: { verb: 'config_changes', help: 'Show changes of server configuration', done: true },
};

const OBTAINING: readonly Topic[] = ['general', 'automation', 'plugins', 'security', 'account', 'hooks', 'testing', 'paths'];
const ACCOUNT: readonly OptionName[] = ['tos', 'noninteractiveMode', 'server', 'staging'];

/** What `--help VERB` shows: the options the verb is about, then whole topics. */
export const verbOptions: Readonly<Record<Verb, { own: readonly OptionName[]; topics: readonly Topic[] }>> = {
  run: { own: [], topics: [...OBTAINING, 'installation'] },
  certonly: { own: [], topics: OBTAINING },
  renew: { own: ['certname', 'dryRun', 'quiet', 'renewByDefault', 'maxParallel', 'forecast', 'randomSleepOnRenew'], topics: ['hooks', 'automation', 'security', 'testing', 'paths'] },
  reconfigure: { own: ['certname'], topics: OBTAINING },
  certificates: { own: ['certname', 'domains', 'plain', 'json'], topics: ['paths'] },
  resume: { own: ['noninteractiveMode', 'waitForLock', 'plain', 'json'], topics: ['paths'] },
  schedule: { own: ['takeOver', 'keepCertbot', 'userDirs', 'noninteractiveMode', 'plan', 'json'], topics: ['paths'] },
  export: { own: ['certname', 'exportFormat', 'out', 'passwordFile', 'passwordSource', 'friendlyName', 'legacy', 'reinstall', 'reloadCommand', 'listExports', 'forget', 'noninteractiveMode', 'plan', 'json'], topics: ['paths'] },
  sandbox: { own: [], topics: ['sandbox', 'paths'] },
  revoke: { own: ['certname', 'certPath', 'keyPath', 'reason', 'deleteAfterRevoke', 'noninteractiveMode', 'server', 'staging'], topics: ['paths'] },
  delete: { own: ['certname', 'detach', 'noninteractiveMode'], topics: ['plugins', 'paths'] },
  register: { own: ACCOUNT, topics: ['account', 'paths'] },
  update_account: { own: [...ACCOUNT, 'newKey'], topics: ['account', 'paths'] },
  unregister: { own: ACCOUNT, topics: ['account', 'paths'] },
  show_account: { own: ACCOUNT, topics: ['account', 'paths'] },
  plugins: { own: ['init', 'prepare', 'listAuthenticators', 'listInstallers'], topics: ['plugins'] },
  install: { own: ['certname', 'certPath', 'keyPath', 'fullchainPath', 'chainPath'], topics: ['plugins', 'installation', 'paths'] },
  enhance: { own: ['certname', 'domains'], topics: ['plugins', 'installation', 'paths'] },
  uninstall: { own: ['certname', 'noninteractiveMode', 'plan'], topics: ['plugins', 'paths'] },
  rename: { own: ['certname'], topics: ['plugins', 'paths'] },
  rollback: { own: ['checkpoints', 'since', 'edits', 'noninteractiveMode'], topics: ['plugins', 'paths'] },
  completion: { own: [], topics: [] },
  man: { own: [], topics: [] },
  update_symlinks: { own: [], topics: ['paths'] },
  hooks: { own: ['certname', 'json'], topics: ['hooks', 'paths'] },
  why: { own: ['certname', 'noninteractiveMode', 'json'], topics: ['paths'] },
  config_changes: { own: ['num'], topics: ['paths'] },
};
