import type { PluginDescriptor, PluginOption } from '../contract.js';

const option = (name: string, rest: Pick<PluginOption, 'kind' | 'help' | 'metavar' | 'default'>): PluginOption => ({ flags: [`--certbot-external-auth:out-${name}`, `--out-${name}`], dest: `out_${name.replaceAll('-', '_')}`, ...rest });

/** EnigmaBridge's certbot-external-auth (S184), once typed `certbot-external-auth:out`: scripts place the answers and take the certificate. */
export const externalAuth: PluginDescriptor = {
  name: 'out',
  aliases: ['external-auth', 'certbot-external-auth'],
  title: 'A program of your own (external-auth)',
  description: 'Tells each challenge and certificate to a program: one JSON object a line on standard output, or the program of --out-handler (certbot-external-auth).',
  authenticator: true,
  installer: true,
  options: [
    option('handler', { kind: 'string', metavar: 'PROGRAM', help: 'Called as PROGRAM COMMAND, with what it needs in the environment. Without it JSON lines on standard output tell everything, and a newline on standard input says that an answer is in place.' }),
    option('dehydrated-dns', { kind: 'bool', help: 'The program of --out-handler is a hook of dehydrated: its arguments tell everything.', default: false }),
    option('text-mode', { kind: 'bool', help: 'A person is shown what to place, as by --manual.', default: false }),
    option('test-mode', { kind: 'bool', help: 'Lets JSON lines be used with -n and by renew: a script must be there that answers.', default: false }),
    option('public-ip-logging-ok', { kind: 'bool', help: 'Accepted for old scripts; it has no effect.', default: false }),
  ],
  challengeTypes: ['dns-01', 'http-01'],
  ipAddresses: false,
  overlaps: false,
  fit: ({ options }) => Promise.resolve(options['out_handler'] ? { fits: true, reason: 'your program places the answers' } : { fits: false, absent: true, reason: 'it is for scripts: name a program with --out-handler' }),
  async load() {
    const { createExternalAuthenticator } = await import('./authenticator.js');
    return createExternalAuthenticator();
  },
  async loadInstaller() {
    const { createExternalInstaller } = await import('./installer.js');
    return createExternalInstaller();
  },
};
