import { mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Turns a fresh lineage into what an old certbot would have left: its renewal file, links, key and request folders. */
export function oldLayout(version: '0.10' | '1.10', config: string, name: string): void {
  const renewal = join(config, 'renewal', `${name}.conf`);
  const now = readFileSync(renewal, 'utf8');
  const value = (key: string): string => new RegExp(`^${key} = (.*)$`, 'm').exec(now)?.[1] ?? '';
  const paths = ['archive_dir', 'cert', 'privkey', 'chain', 'fullchain'].map((key) => `${key} = ${value(key)}`);
  writeFileSync(renewal, version === '0.10' ? veryOld(paths, value) : old(paths, value));
  mkdirSync(join(config, 'keys'), { recursive: true, mode: 0o700 });
  mkdirSync(join(config, 'csr'), { recursive: true });
  writeFileSync(join(config, 'keys', '0000_key-certbot.pem'), readFileSync(join(config, 'archive', name, 'privkey1.pem')), { mode: 0o600 });
  writeFileSync(join(config, 'csr', '0000_csr-certbot.pem'), '-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n');
  for (const readme of [join(config, 'live', 'README'), join(config, 'live', name, 'README')]) rmSync(readme, { force: true });
  if (version === '0.10') absoluteLinks(config, name);
  for (const account of accountFolders(join(config, 'accounts'))) {
    const { uri } = JSON.parse(readFileSync(join(account, 'regr.json'), 'utf8')) as { uri: string };
    writeFileSync(
      join(account, 'regr.json'),
      JSON.stringify({ body: { contact: ['mailto:admin@example.com'], agreement: 'https://ca.example/terms', status: 'valid' }, uri, new_authzr_uri: 'https://ca.example/new-authz', terms_of_service: 'https://ca.example/terms' }),
    );
  }
}

/** Around 2017 every flag stood in the file, functions and names among them. */
function veryOld(paths: readonly string[], value: (key: string) => string): string {
  return [
    '# renew_before_expiry = 30 days',
    'version = 0.10.2',
    ...paths,
    '# Options used in the renewal process',
    '[renewalparams]',
    'no_self_upgrade = False',
    'apache_enmod = a2enmod',
    'ifaces = None',
    'break_my_certs = False',
    'standalone_supported_challenges = "tls-sni-01,http-01"',
    'manual_public_ip_logging_ok = False',
    'user_agent = None',
    'domains = example.com, www.example.com',
    'tls_sni_01_port = 443',
    `account = ${value('account')}`,
    'authenticator = standalone',
    `server = ${value('server')}`,
    `http01_port = ${value('http01_port')}`,
    'func = <function obtain_cert at 0x7f0f3d0a9668>',
    'rsa_key_size = 2048',
    'webroot_path = ,',
    'must_staple = False',
    'reinstall = True # kept by hand',
    '',
  ].join('\n');
}

/** 1.10 wrote no key type: such a lineage is RSA. */
function old(paths: readonly string[], value: (key: string) => string): string {
  return [
    '# renew_before_expiry = 30 days',
    'version = 1.10.0',
    ...paths,
    '',
    '# Options used in the renewal process',
    '[renewalparams]',
    `account = ${value('account')}`,
    'authenticator = standalone',
    `server = ${value('server')}`,
    `http01_port = ${value('http01_port')}`,
    'pref_challs = http-01,',
    '',
  ].join('\n');
}

/** certbot's own crash recovery leaves absolute links (F17). */
function absoluteLinks(config: string, name: string): void {
  for (const kind of ['cert', 'privkey', 'chain', 'fullchain']) {
    const link = join(config, 'live', name, `${kind}.pem`);
    unlinkSync(link);
    symlinkSync(join(config, 'archive', name, `${kind}1.pem`), link);
  }
}

function accountFolders(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  if (entries.some((entry) => entry.name === 'regr.json')) return [folder];
  return entries.filter((entry) => entry.isDirectory()).flatMap((entry) => accountFolders(join(folder, entry.name)));
}
