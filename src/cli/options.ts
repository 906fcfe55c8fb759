import { aliasProblem, resolverProblem } from '../core/decide/challenge-alias.js';
import { notifyProblem } from '../core/decide/notify-target.js';
import { namesSecret } from '../system/secret.js';
import { ignored, int, off, on, path, text, type CliOption } from './option.js';

const MAX = Number.MAX_SAFE_INTEGER;
const PORT = 65_535;

/** E-mail addresses, separated by commas. */
function emails(value: string): string | null {
  const bad = value.split(',').find((address) => !/^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/.test(address.trim()));
  return value === '' || bad === undefined ? null : `${bad.trim()} is not an e-mail address`;
}

function directoryAddress(value: string): string | null {
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) ? null : 'it must be the http(s) address of an ACME directory';
}

/** A command line can be read by every user of the machine. */
function secretElsewhere(value: string): string | null {
  return namesSecret(value) ? null : 'a password must not stand on a command line; say where it is read: env:NAME, file:PATH, cmd:COMMAND or credential:NAME';
}

/** Every option that is not a plugin's own. The order is that of `--help` and of printed commands. */
export const cliOptions: readonly CliOption[] = [
  { kind: 'config-file', topic: 'general', flags: ['-c', '--config'], metavar: 'CONFIG_FILE', help: 'A configuration file; it is read after /etc/letsencrypt/cli.ini and ~/.config/letsencrypt/cli.ini.' },
  { kind: 'count', dest: 'verboseCount', topic: 'general', flags: ['-v', '--verbose'], help: 'Say more on stderr; may be given up to three times.' },
  on('quiet', 'automation', ['-q', '--quiet'], 'Say nothing but errors. Nothing is asked.'),
  int('maxLogBackups', 'general', ['--max-log-backups'], 'MAX_LOG_BACKUPS', 0, 1_000_000, 'How many older logs are kept; 0 keeps one log that grows.'),
  off('preconfiguredRenewal', 'other', ['--no-preconfigured-renewal'], ''),
  on('preconfiguredRenewal', 'automation', ['--preconfigured-renewal'], 'Set by the packages that bring their own renewal timer.'),
  on('noninteractiveMode', 'general', ['-n', '--noninteractive', '--non-interactive'], 'Ask nothing. What is not known and has no safe answer is an error that names the flag.'),
  on('forceInteractive', 'general', ['--force-interactive'], 'Ask even when this is not a terminal.'),
  { kind: 'names', dest: 'domains', topic: 'general', flags: ['-d', '--domain', '--domains'], metavar: 'DOMAIN', help: 'Names for the certificate, with commas or several times. The first one names the files.' },
  { kind: 'names', dest: 'ipAddresses', topic: 'general', flags: ['--ip-addresses', '--ip-address'], metavar: 'ADDRESS', help: 'IP addresses for the certificate.' },
  { kind: 'name-changes', dest: 'addDomains', topic: 'general', flags: ['--add-domain'], metavar: 'DOMAIN', help: 'Names or addresses to add to the certificate of --cert-name; it keeps its other names and its saved options.' },
  { kind: 'name-changes', dest: 'removeDomains', topic: 'general', flags: ['--remove-domain'], metavar: 'DOMAIN', help: 'Names or addresses to take out of the certificate of --cert-name.' },
  text('certname', 'general', ['--cert-name'], 'CERTNAME', 'Name of the certificate on this machine; it stands in its paths and is not part of it.'),
  path('csr', 'general', '--csr', 'CSR', 'A certificate signing request (PEM or DER); only with certonly.'),
  on('plan', 'general', ['--plan'], 'Show what would be done, with the command that says the same, and stop.'),
  on('plain', 'general', ['--plain'], 'Plain numbered lines instead of screens; for screen readers and simple terminals.'),
  on('json', 'general', ['--json'], 'Every event as one JSON object a line; nothing is asked.'),
  on('noMotion', 'general', ['--no-motion'], 'Nothing moves on the screen.'),
  int('waitForLock', 'automation', ['--wait-for-lock'], 'SECONDS', 0, 86_400, 'Wait this long for another running instance instead of giving up.'),
  // account
  text('email', 'account', ['-m', '--email'], 'EMAIL', 'Address the CA may write to; several with commas. May be left out.', { check: emails }),
  on('registerUnsafelyWithoutEmail', 'account', ['--register-unsafely-without-email'], 'Register without an address.'),
  on('effEmail', 'account', ['--eff-email'], 'Share the address with the EFF.'),
  off('effEmail', 'account', ['--no-eff-email'], 'Do not share the address with the EFF.'),
  on('tos', 'automation', ['--agree-tos'], "Agree to the CA's terms of service."),
  text('account', 'account', ['--account'], 'ACCOUNT_ID', 'Which stored account to use; its first digits are enough.'),
  text('eabKid', 'account', ['--eab-kid'], 'EAB_KID', 'Key identifier of an external account binding, or where it is read: env:NAME, file:PATH, cmd:COMMAND, credential:NAME (systemd).'),
  text('eabHmacKey', 'account', ['--eab-hmac-key'], 'EAB_HMAC_KEY', 'HMAC key of an external account binding, or where it is read, so that it stands on no command line.', { secret: true }),
  text('eabHmacAlg', 'account', ['--eab-hmac-alg'], 'EAB_HMAC_ALG', 'Its algorithm.', { choices: ['HS256', 'HS384', 'HS512'] }),
  // CA
  text('server', 'paths', ['--server'], 'SERVER', "Address of the CA's ACME directory.", { check: directoryAddress }),
  on('staging', 'testing', ['--test-cert', '--staging'], "Use Let's Encrypt's staging server; its certificates are not trusted."),
  on('dryRun', 'testing', ['--dry-run'], 'Do everything against a test CA and save nothing; with certonly and renew.'),
  on('breakMyCerts', 'testing', ['--break-my-certs'], 'Allow a test certificate in the place of a real one.'),
  on('noVerifySsl', 'testing', ['--no-verify-ssl'], "Do not check the CA's own certificate."),
  text('userAgent', 'general', ['--user-agent'], 'USER_AGENT', 'What this client calls itself at the CA.'),
  text('userAgentComment', 'general', ['--user-agent-comment'], 'COMMENT', 'Added to it.', { check: (value) => (/[()\r\n]/.test(value) ? 'it must not have parentheses or line breaks' : null) }),
  int('issuanceTimeout', 'general', ['--issuance-timeout'], 'SECONDS', 1, 86_400, 'How long the CA may take to issue.'),
  text('preferredChain', 'general', ['--preferred-chain'], 'PREFERRED_CHAIN', 'Common name of the topmost issuer that is wanted, when the CA offers several chains.'),
  text('preferredProfile', 'general', ['--preferred-profile'], 'PROFILE', 'Certificate profile that is used if the CA offers it.'),
  text('requiredProfile', 'general', ['--required-profile'], 'PROFILE', 'Certificate profile; an error if the CA does not offer it.'),
  on('mustStaple', 'security', ['--must-staple'], 'Ask for the OCSP must-staple extension.'),
  // key
  text('keyType', 'security', ['--key-type'], 'KEY_TYPE', 'Kind of the private key.', { choices: ['rsa', 'ecdsa'] }),
  text('ellipticCurve', 'security', ['--elliptic-curve'], 'CURVE', 'Curve of an ECDSA key.', { choices: ['secp256r1', 'secp384r1', 'secp521r1'] }),
  on('dual', 'security', ['--dual'], 'Two certificates for the same names: NAME with an ECDSA key, NAME-rsa with an RSA key. They are renewed as one. With revoke and delete: both.'),
  off('dual', 'security', ['--no-dual'], 'Leave the partner of a pair alone this time.'),
  int('rsaKeySize', 'security', ['--rsa-key-size'], 'N', 2048, 16_384, 'Bits of an RSA key.', 'Unsupported RSA key length'),
  on('reuseKey', 'automation', ['--reuse-key'], 'Keep the private key when renewing.'),
  off('reuseKey', 'automation', ['--no-reuse-key'], 'A new private key at every renewal (the default).'),
  on('newKey', 'automation', ['--new-key'], 'A new private key this time, whatever was saved. With update_account: a new key for the account.'),
  // what to do with what is there
  on('reinstall', 'automation', ['--reinstall', '--keep', '--keep-until-expiring'], 'Keep a certificate of the same names until it is due. export: --keep repeats the export at every renewal.'),
  on('expand', 'automation', ['--expand'], 'Add the names to the certificate that has some of them.'),
  on('renewByDefault', 'automation', ['--renew-by-default', '--force-renewal'], 'Renew now, whether it is due or not.'),
  on('renewWithNewDomains', 'automation', ['--renew-with-new-domains'], 'Replace a certificate of the same --cert-name even if its names change.'),
  on('duplicate', 'automation', ['--duplicate'], 'A separate certificate for the same names.'),
  on('allowSubsetOfNames', 'automation', ['--allow-subset-of-names'], 'Go on with the names that could be proved.'),
  // proof
  text('configurator', 'plugins', ['--configurator'], 'CONFIGURATOR', 'Plugin that both proves and installs.'),
  text('authenticator', 'plugins', ['-a', '--authenticator'], 'AUTHENTICATOR', 'Plugin that proves the names. Can be given several times: each -a is for the -d that follow, until the next one.'),
  text('installer', 'plugins', ['-i', '--installer'], 'INSTALLER', 'Plugin that configures the web server.'),
  { kind: 'plugin', dest: 'authenticator', value: 'standalone', topic: 'plugins', flags: ['--standalone'], help: 'Prove by a small server for a moment.' },
  { kind: 'plugin', dest: 'authenticator', value: 'webroot', topic: 'plugins', flags: ['--webroot'], help: 'Prove by a file in a web folder.' },
  { kind: 'plugin', dest: 'authenticator', value: 'manual', topic: 'plugins', flags: ['--manual'], help: 'Prove by hand, or by your own scripts.' },
  { kind: 'plugin', dest: 'configurator', value: 'nginx', topic: 'plugins', flags: ['--nginx'], help: 'Prove and install through nginx.' },
  { kind: 'plugin', dest: 'configurator', value: 'apache', topic: 'plugins', flags: ['--apache'], help: 'Prove and install through Apache.' },
  { kind: 'challenges', dest: 'prefChalls', topic: 'general', flags: ['--preferred-challenges'], metavar: 'PREF_CHALLS', help: 'Kinds of proof, most wanted first: http, dns, tls-alpn-01, dns-account-01, dns-persist-01.' },
  int('http01Port', 'testing', ['--http-01-port'], 'PORT', 0, PORT, 'Port of the standalone server. The CA still asks port 80.'),
  text('http01Address', 'testing', ['--http-01-address'], 'ADDRESS', 'Address the standalone server listens on.'),
  int('httpsPort', 'testing', ['--https-port'], 'PORT', 0, PORT, 'Port for HTTPS, and for tls-alpn-01.'),
  on('debugChallenges', 'testing', ['--debug-challenges'], 'Wait while the answers are in place, before the CA looks.'),
  on('noSelfCheck', 'testing', ['--no-self-check'], 'Do not look at the answers before the CA does.'),
  { kind: 'list', dest: 'challengeAliases', topic: 'plugins', flags: ['--challenge-alias'], metavar: 'NAME=TARGET', help: 'Write the DNS value for NAME to the record TARGET, which _acme-challenge.NAME is an alias (CNAME) of. Only needed where the alias cannot be seen from here; aliases are followed anyway. May be given several times.', check: aliasProblem },
  { kind: 'list', dest: 'dnsResolvers', topic: 'plugins', flags: ['--dns-resolver'], metavar: 'ADDRESS[:PORT]', help: 'Resolver that is asked for aliases and nameservers instead of the one of this machine. May be given several times.', check: resolverProblem },
  { kind: 'list', dest: 'pluginDirs', topic: 'plugins', flags: ['--plugin-dir'], metavar: 'DIR', help: 'A folder with plugins of others: packages named certwright-plugin-*, in it or in its node_modules. Those installed beside certwright are found without it. Renewals need it too: write `plugin-dir = DIR` into cli.ini. May be given several times.', check: (value) => (value === '' ? 'is no folder' : null) },
  int('dnsPropagationTimeout', 'plugins', ['--dns-propagation-timeout'], 'SECONDS', 1, 86_400, 'How long nameservers may take to have a new record, at most. They are asked until all have it; then the CA is.'),
  on('debug', 'testing', ['--debug'], 'Say everything on stderr.'),
  // hooks
  text('preHook', 'hooks', ['--pre-hook'], 'COMMAND', 'Run before names are proved; with renew only when something is due.'),
  text('postHook', 'hooks', ['--post-hook'], 'COMMAND', 'Run afterwards, also when it failed.'),
  text('deployHook', 'hooks', ['--renew-hook', '--deploy-hook'], 'COMMAND', 'Run after a certificate was saved; RENEWED_LINEAGE and RENEWED_DOMAINS tell it which.'),
  on('runDeployHooks', 'hooks', ['--run-deploy-hooks'], 'Run deploy hooks in a dry run or reconfigure too.'),
  on('directoryHooks', 'hooks', ['--directory-hooks'], ''),
  off('directoryHooks', 'hooks', ['--no-directory-hooks'], 'Do not run what is in renewal-hooks/.'),
  off('validateHooks', 'hooks', ['--disable-hook-validation'], 'Do not check that the commands of hooks exist.'),
  int('hookTimeout', 'hooks', ['--hook-timeout'], 'SECONDS', 0, 86_400, 'End a hook and its children after this long; 0 = never.'),
  on('strictHooks', 'hooks', ['--strict-hooks'], 'A deploy or post hook that fails makes the exit status 1, once everything is done.'),
  text('failureHook', 'hooks', ['--failure-hook'], 'COMMAND', 'Run for each certificate that could not be obtained or renewed; FAILED_DOMAINS, RENEWED_LINEAGE and CERTWRIGHT_REASON tell which and why.'),
  { kind: 'list', dest: 'notify', topic: 'hooks', flags: ['--notify'], metavar: 'TARGET', help: 'Tell how an unattended run went, once for each run: mail:ADDRESS (by sendmail), an https address (JSON by POST) or exec:COMMAND (JSON on stdin). May be given several times.', check: notifyProblem },
  text('notifyOn', 'hooks', ['--notify-on'], 'WHEN', 'What is told: failures, renewals too, or every run.', { choices: ['failure', 'renewal', 'always'] }),
  on('disableRenewUpdates', 'automation', ['--disable-renew-updates'], 'Do not touch server configuration when renewing.'),
  on('autorenew', 'automation', ['--autorenew'], ''),
  off('autorenew', 'automation', ['--no-autorenew'], 'Do not renew this certificate by itself.'),
  // installation
  on('redirect', 'installation', ['--redirect'], 'Redirect http to https.'),
  off('redirect', 'installation', ['--no-redirect'], 'Leave http as it is; with enhance: take the redirect out again.'),
  on('hsts', 'installation', ['--hsts'], 'Send Strict-Transport-Security.'),
  off('hsts', 'installation', ['--no-hsts'], ''),
  on('uir', 'installation', ['--uir'], 'Send upgrade-insecure-requests.'),
  off('uir', 'installation', ['--no-uir'], ''),
  on('staple', 'installation', ['--staple-ocsp'], 'Switch OCSP stapling on.'),
  off('staple', 'installation', ['--no-staple-ocsp'], ''),
  on('autoHsts', 'installation', ['--auto-hsts'], 'Raise Strict-Transport-Security step by step.'),
  off('autoHsts', 'installation', ['--no-auto-hsts'], ''),
  on('http2', 'installation', ['--http2'], 'Offer HTTP/2 where the certificate is served.'),
  on('http3', 'installation', ['--http3'], 'Offer HTTP/3 too (nginx that is built with it).'),
  on('strictPermissions', 'security', ['--strict-permissions'], 'Insist on owner and mode of the three directories.'),
  // paths
  path('configDir', 'paths', '--config-dir', 'CONFIG_DIR', 'Configuration, accounts and certificates.'),
  path('workDir', 'paths', '--work-dir', 'WORK_DIR', 'Working directory.'),
  path('logsDir', 'paths', '--logs-dir', 'LOGS_DIR', 'Logs.'),
  on('userDirs', 'paths', ['--user-dirs'], 'Keep everything in your own folders (~/.config/certwright and so on); no root is needed.'),
  path('certPath', 'paths', '--cert-path', 'CERT_PATH', 'Where the certificate of --csr is saved; the certificate for revoke.'),
  path('keyPath', 'paths', '--key-path', 'KEY_PATH', 'Private key for install or revoke.'),
  path('fullchainPath', 'paths', '--fullchain-path', 'FULLCHAIN_PATH', 'Where certificate and chain of --csr are saved.'),
  path('chainPath', 'paths', '--chain-path', 'CHAIN_PATH', 'Where the chain of --csr is saved.'),
  // other commands
  text('reason', 'other', ['--reason'], 'REASON', 'Why a certificate is revoked.', { choices: ['unspecified', 'keycompromise', 'affiliationchanged', 'superseded', 'cessationofoperation'], ignoreCase: true }),
  on('deleteAfterRevoke', 'other', ['--delete-after-revoke'], 'Delete the files after revoking.'),
  off('deleteAfterRevoke', 'other', ['--no-delete-after-revoke'], 'Keep the files after revoking.'),
  int('checkpoints', 'other', ['--checkpoints'], 'N', 1, MAX, 'How many changes rollback undoes.'),
  text('since', 'other', ['--since'], 'TIME', 'rollback: undo every change since then: 90m, 2h or 3d ago, or "2026-11-03 08:05" (UTC).'),
  { kind: 'set', dest: 'edits', value: 'keep', topic: 'other', flags: ['--keep-edits'], help: 'rollback: leave files that were edited since as they are.' },
  { kind: 'set', dest: 'edits', value: 'overwrite', topic: 'other', flags: ['--overwrite-edits'], help: 'rollback: put back files that were edited since too; the edited ones are kept in the working directory.' },
  on('detach', 'other', ['--detach'], 'delete: take the certificate out of nginx and Apache first, so that they go on without it.'),
  int('num', 'other', ['--num'], 'NUM', 1, MAX, 'How many changes config_changes shows.'),
  on('init', 'other', ['--init'], 'plugins: initialise them.'),
  on('prepare', 'other', ['--prepare'], 'plugins: initialise and prepare them.'),
  on('listAuthenticators', 'other', ['--authenticators'], 'plugins: only authenticators.'),
  on('listInstallers', 'other', ['--installers'], 'plugins: only installers.'),
  int('maxParallel', 'automation', ['--max-parallel'], 'N', 1, 64, 'renew: how many certificates are worked on at the same time; 1 = one after the other.'),
  text('forecast', 'automation', ['--forecast'], 'DAYS', 'renew: show the renewals of the coming days, and do nothing.', { check: (value) => (/^[1-9]\d{0,3}d?$/.test(value) ? null : 'give a number of days, such as 90') }),
  off('randomSleepOnRenew', 'automation', ['--no-random-sleep-on-renew'], 'Start renewing at once, also without a terminal.'),
  text('exportFormat', 'other', ['--format'], 'FORMAT', 'export: PKCS#12 (Windows, Java), one PEM file with the key (HAProxy), or DER.', { choices: ['pkcs12', 'pem', 'der'] }),
  path('out', 'other', '--out', 'PATH', 'export: the file to write; NAME.p12 and so on in this folder when left out.'),
  path('passwordFile', 'other', '--password-file', 'FILE', 'export: the first line of this file opens a PKCS#12 file; /dev/null for no password.'),
  text('passwordSource', 'other', ['--password'], 'SOURCE', 'export: where the password is read: env:NAME, file:PATH, cmd:COMMAND, credential:NAME (systemd).', { check: secretElsewhere }),
  text('friendlyName', 'other', ['--friendly-name'], 'TEXT', "export: the name inside a PKCS#12 file, Java's alias; the certificate's name when left out."),
  on('legacy', 'other', ['--legacy'], 'export: Triple DES and SHA-1, for programs that cannot read a modern PKCS#12 file.'),
  text('reloadCommand', 'other', ['--reload-command'], 'COMMAND', 'export: run after each export, so that the program reads the file again.'),
  on('listExports', 'other', ['--list'], 'export: list what is exported again at each renewal.'),
  on('forget', 'other', ['--forget'], 'export: do not export again at renewals (all of --cert-name, or --out); the file stays.'),
  on('takeOver', 'other', ['--take-over'], "schedule install: switch certbot's own timer or cron job off."),
  on('keepCertbot', 'other', ['--keep-certbot'], "schedule install: leave the renewals to certbot's own timer or cron job, when there is one."),
  // sandbox
  on('sandbox', 'sandbox', ['--sandbox'], 'Rehearse: an embedded CA, DNS and folders of its own. Nothing real is touched.'),
  text('sandboxFaults', 'sandbox', ['--sandbox-faults'], 'FAULTS', 'What the embedded CA shall do wrong, for example badNonce=20%,latency=50ms.'),
  int('sandboxPort', 'sandbox', ['--sandbox-port'], 'PORT', 0, PORT, 'Port of the embedded CA.'),
  int('sandboxDnsPort', 'sandbox', ['--sandbox-dns-port'], 'PORT', 0, PORT, 'Port of its DNS server.'),
  ...ignored(false, '-t', '--os-packages-only', '--no-self-upgrade', '--no-bootstrap', '--no-permissions-check', '--agree-dev-preview', '--text', '--apache-legacy', '--uninstall-legacy'),
  ...ignored(true, '--verbose-level', '--tls-sni-01-port', '--tls-sni-01-address', '--standalone-supported-challenges'),
];

/** `--dns-NAME`: every DNS plugin may be chosen by its name, as with certbot. */
export function dnsFlags(plugins: readonly { name: string; title: string }[]): readonly CliOption[] {
  return plugins.filter(({ name }) => name.startsWith('dns-')).map(({ name, title }) => ({ kind: 'plugin', dest: 'authenticator', value: name, topic: 'plugins', flags: [`--${name}`], help: `Prove by DNS records: ${title}.` }));
}
