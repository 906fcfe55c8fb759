import { expect, it } from 'vitest';
import { cliOptions } from '../../src/cli/options.js';
import type { OptionName } from '../../src/core/settings.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

// The compiler sees to it that this list is complete; which names are whose is said by the position of -a.
const every: Record<Exclude<OptionName, 'authenticatorMap'>, true> = {
  domains: true, ipAddresses: true, addDomains: true, removeDomains: true, certname: true, csr: true, noninteractiveMode: true, forceInteractive: true, quiet: true, verboseCount: true, debug: true, plain: true,
  json: true, noMotion: true, plan: true, maxLogBackups: true, email: true, registerUnsafelyWithoutEmail: true, effEmail: true, tos: true, account: true, eabKid: true,
  eabHmacKey: true, eabHmacAlg: true, server: true, staging: true, dryRun: true, breakMyCerts: true, noVerifySsl: true, userAgent: true, userAgentComment: true,
  issuanceTimeout: true, preferredChain: true, preferredProfile: true, requiredProfile: true, mustStaple: true, keyType: true, ellipticCurve: true, rsaKeySize: true,
  dual: true, reuseKey: true, newKey: true, reinstall: true, expand: true, renewByDefault: true, renewWithNewDomains: true, duplicate: true, allowSubsetOfNames: true, configurator: true,
  authenticator: true, installer: true, prefChalls: true, http01Port: true, http01Address: true, httpsPort: true, debugChallenges: true, noSelfCheck: true, challengeAliases: true, dnsResolvers: true, pluginDirs: true, dnsPropagationTimeout: true, preHook: true,
  postHook: true, deployHook: true, runDeployHooks: true, directoryHooks: true, validateHooks: true, disableRenewUpdates: true, autorenew: true, hookTimeout: true, strictHooks: true, failureHook: true, notify: true, notifyOn: true,
  redirect: true, hsts: true, uir: true, http2: true, http3: true, staple: true, autoHsts: true, strictPermissions: true, configDir: true, workDir: true, logsDir: true, userDirs: true, certPath: true,
  keyPath: true, fullchainPath: true, chainPath: true, reason: true, deleteAfterRevoke: true, checkpoints: true, num: true, init: true, prepare: true,
  listAuthenticators: true, listInstallers: true, randomSleepOnRenew: true, maxParallel: true, preconfiguredRenewal: true, waitForLock: true, exportFormat: true, out: true, passwordFile: true, passwordSource: true, friendlyName: true, legacy: true, reloadCommand: true, listExports: true, forget: true, takeOver: true, keepCertbot: true, sandbox: true,
  sandboxFaults: true, sandboxPort: true, sandboxDnsPort: true, forecast: true, edits: true, since: true, detach: true,
};

it('every option has a flag, and no flag is there twice', () => {
  const settable = new Set(cliOptions.flatMap((option) => ('dest' in option ? [option.dest] : [])));
  expect(Object.keys(every).filter((name) => !settable.has(name as OptionName))).toEqual([]);
  const flags = [...cliOptions, ...builtInPlugins.flatMap(({ options }) => options)].flatMap((option) => option.flags);
  expect(flags.filter((flag, index) => flags.indexOf(flag) !== index)).toEqual([]);
});

it('S170–S176: certbot’s flags are there', () => {
  const flags = new Set([...cliOptions, ...builtInPlugins.flatMap(({ options }) => options)].flatMap((option) => option.flags));
  const certbots =
    '-c -v --max-log-backups -n --non-interactive --noninteractive --force-interactive -d --domains --domain --eab-kid --eab-hmac-key --cert-name --dry-run --debug-challenges --preferred-chain ' +
    '--preferred-challenges --issuance-timeout --user-agent --user-agent-comment --keep-until-expiring --keep --reinstall --expand --force-renewal --renew-by-default --renew-with-new-domains ' +
    '--reuse-key --no-reuse-key --new-key --allow-subset-of-names --agree-tos --duplicate -q --quiet --rsa-key-size --key-type --elliptic-curve --must-staple --redirect --no-redirect --hsts --no-hsts ' +
    '--uir --no-uir --staple-ocsp --no-staple-ocsp --strict-permissions --auto-hsts --test-cert --staging --debug --no-verify-ssl --http-01-port --http-01-address --https-port --break-my-certs ' +
    '--cert-path --key-path --fullchain-path --chain-path --config-dir --work-dir --logs-dir --server --csr --pre-hook --post-hook --deploy-hook --renew-hook --disable-hook-validation ' +
    '--no-directory-hooks --disable-renew-updates --no-autorenew --reason --delete-after-revoke --no-delete-after-revoke --register-unsafely-without-email -m --email --eff-email --no-eff-email ' +
    '--account --checkpoints --init --prepare --authenticators --installers --configurator -a --authenticator -i --installer --apache --nginx --standalone --manual --webroot ' +
    '--manual-auth-hook --manual-cleanup-hook --webroot-path -w --webroot-map --eab-hmac-alg --preferred-profile --required-profile --ip-address --run-deploy-hooks --num';
  expect(certbots.split(' ').filter((flag) => !flags.has(flag))).toEqual([]);
});
