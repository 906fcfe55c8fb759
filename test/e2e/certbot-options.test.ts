import { expect, it } from 'vitest';
import { parse } from '../../src/cli/parser.js';
import { UsageError } from '../../src/core/errors.js';
import { builtInPlugins } from '../../src/plugins/registry.js';
import { runProgram } from './certwright.js';

const parsed = (args: readonly string[]) => parse({ args, env: {}, program: 'certwright', plugins: builtInPlugins, readFile: (path) => (path === '/dev/null' ? '' : null) });

/** A value that the option can have, for those that are picky. */
const VALUES: Readonly<Record<string, string>> = {
  '--server': 'https://ca.example/dir', '--email': 'a@example.com', '-m': 'a@example.com', '--reason': 'superseded', '--key-type': 'rsa', '--elliptic-curve': 'secp384r1',
  '--rsa-key-size': '4096', '--preferred-challenges': 'http', '--webroot-map': '{"example.com": "/var/www"}', '-d': 'example.com', '--domain': 'example.com', '--domains': 'example.com',
  '--max-log-backups': '3', '--http-01-port': '80', '--https-port': '443', '--issuance-timeout': '90', '--checkpoints': '2', '--cert-name': 'example.com', '--config': '/dev/null',
  '-c': '/dev/null', '--user-agent-comment': 'x', '--csr': '/dev/null', '--eab-hmac-alg': 'HS384', '--ip-address': '192.0.2.1', '--verbose-level': '2', '--num': '3',
};

/** Every option of the guide's help (S170–S176) and of certbot 5.6 with its hidden ones; `=` takes a value, `@VERB` belongs to one command. */
const OF_CERTBOT = `
-h --help --version -c= --config= -v --verbose -t --text --verbose-level= --max-log-backups= --preconfigured-renewal -n --non-interactive --noninteractive --force-interactive
-d= --domain= --domains= --ip-address= --eab-kid= --eab-hmac-key= --eab-hmac-alg= --cert-name= --dry-run@certonly --debug-challenges --preferred-chain= --preferred-profile= --required-profile=
--preferred-challenges= --issuance-timeout= --user-agent= --user-agent-comment= --keep-until-expiring --keep --reinstall --expand --force-renewal --renew-by-default --renew-with-new-domains
--reuse-key --no-reuse-key --new-key --allow-subset-of-names --agree-tos --duplicate -q --quiet --os-packages-only --no-self-upgrade --no-bootstrap --no-permissions-check
--register-unsafely-without-email -m= --email= --eff-email --no-eff-email --rsa-key-size= --key-type= --elliptic-curve= --must-staple --redirect --no-redirect --hsts --no-hsts --uir --no-uir
--staple-ocsp --no-staple-ocsp --strict-permissions --auto-hsts --no-auto-hsts --test-cert --staging --debug --no-verify-ssl --http-01-port= --http-01-address= --https-port= --break-my-certs
--cert-path= --key-path= --fullchain-path= --chain-path= --config-dir= --work-dir= --logs-dir= --server= --csr=@certonly --pre-hook= --post-hook= --deploy-hook= --renew-hook=
--disable-hook-validation --no-directory-hooks --directory-hooks --disable-renew-updates --no-autorenew --autorenew --no-random-sleep-on-renew --run-deploy-hooks --reason=@revoke
--delete-after-revoke@revoke --no-delete-after-revoke@revoke --account= --checkpoints=@rollback --init@plugins --prepare@plugins --authenticators@plugins --installers@plugins --num=@config_changes
--configurator= -a= --authenticator= -i= --installer= --standalone --webroot --manual -w= --webroot-path= --webroot-map= --manual-auth-hook= --manual-cleanup-hook= --manual-public-ip-logging-ok
--tls-sni-01-port= --tls-sni-01-address= --standalone-supported-challenges=`
  .trim()
  .split(/\s+/);

it.each(OF_CERTBOT)('S170–S176, C50–C60: %s is understood', (entry) => {
  const [, flag = '', takes, verb = 'run'] = /^([^=@]+)(=?)(?:@(.*))?$/.exec(entry) ?? [];
  expect(() => parsed([verb, flag, ...(takes === '=' ? [VALUES[flag] ?? 'standalone'] : [])])).not.toThrow();
});

it('every option that Debian\'s certbot shows is one of ours, but for the switches of plugins, which say what is missing', async () => {
  const { stdout } = await runProgram('/usr/bin/certbot', ['--help', 'all'], { timeout: 30_000 });
  const shown = [...new Set(stdout.match(/(?<=^|[\s,])--?[a-z][a-z0-9-]*[a-z0-9](?=[\s,]|$)/gm))].filter((flag) => !flag.startsWith('-vv'));
  expect(shown.length).toBeGreaterThan(100);
  const unknown = shown.filter((flag) => {
    try {
      parsed(['run', flag, VALUES[flag] ?? 'standalone']);
      return false;
    } catch (error) {
      // Its value, or another option that it needs, is not what is looked at here.
      return error instanceof UsageError && /unrecognized arguments: --|ambiguous option/.test(error.message) && error.message.includes(flag);
    }
  });
  expect(unknown).toEqual([]);
});
