import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { nextAddress, startBind, type Bind, type BindKey } from './bind.js';
import { makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { freePorts, startPebble } from './pebble.js';

/** A CA that asks the DNS of the test. */
interface Ca {
  directoryUrl: string;
  issuer: string;
  rootPath(folder: string): string;
  /** How often a challenge was answered. */
  answered(): number;
  stop(): Promise<void>;
}

async function sandboxCa(bind: Bind): Promise<Ca> {
  const [httpPort = 0, tlsPort = 0] = await freePorts(2);
  const sandbox = await startSandbox({ httpPort, tlsPort, resolver: { address: '127.0.0.1', port: bind.port }, policy: { authzReuse: false } });
  return {
    directoryUrl: sandbox.directoryUrl,
    issuer: 'sandbox.certwright.test',
    rootPath(folder) {
      writeFileSync(join(folder, 'root.pem'), sandbox.rootPem);
      return join(folder, 'root.pem');
    },
    answered: () => sandbox.requests.filter(({ path }) => path.includes('/chall/')).length,
    stop: () => sandbox.stop(),
  };
}

async function pebbleCa(program: string, bind: Bind): Promise<Ca> {
  const pebble = await startPebble({ program, config: { caaIdentities: ['pebble.letsencrypt.org'] }, dnsServer: `127.0.0.1:${bind.port}`, env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
  return { directoryUrl: pebble.directoryUrl, issuer: 'pebble.letsencrypt.org', rootPath: () => pebble.caPath, answered: () => pebble.requests().filter((request) => request.includes('/chalZ/')).length, stop: () => pebble.stop() };
}

/** Debian's stable pebble knows neither challenge: CERTWRIGHT_PEBBLE names one of version 2.10 or newer. */
const newerPebble = process.env['CERTWRIGHT_PEBBLE'];
const cas: readonly (readonly [string, (bind: Bind) => Promise<Ca>])[] = [['the sandbox CA', sandboxCa], ...(newerPebble === undefined ? [] : [['pebble', (bind: Bind) => pebbleCa(newerPebble, bind)] as const])];

describe.each(cas)('with %s', (_, startCa) => {
  const key: BindKey = { name: 'test.example', algorithm: 'hmac-sha256', secret: randomBytes(32).toString('base64') };
  const front = nextAddress();
  let bind: Bind;
  let ca: Ca;
  let place: Place;
  let env: Record<string, string>;
  let standalonePort: number;
  /** Changes the zone as its owner would, with nsupdate. */
  const change = async (...lines: string[]): Promise<void> => {
    const { code, stderr } = await runProgram('nsupdate', ['-y', `${key.algorithm}:${key.name}:${key.secret}`], { input: [`server 127.0.0.1 ${bind.port}`, ...lines, 'send', ''].join('\n') });
    expect(code, stderr).toBe(0);
  };
  const persist = (name: string, value: string): Promise<void> => change(`update delete _validation-persist.${name} TXT`, `update add _validation-persist.${name} 5 TXT "${value}"`);
  const certonly = (...words: string[]): Promise<Ended> => place.certwright(['certonly', ...unattended(ca.directoryUrl), '--dns-resolver', front, ...words], { env });
  const renew = (name: string, ...words: string[]): Promise<Ended> => place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', name, ...words], { env });
  const versions = (name: string): number => readdirSync(join(place.folder, 'config/archive', name)).filter((file) => file.startsWith('cert')).length;
  /** The record that a refused run says has to be set. */
  const told = ({ stderr }: Ended, name: string): string => new RegExp(`_validation-persist\\.${name.replaceAll('.', '\\.')}\\. 300 IN TXT "([^"]+)"`).exec(stderr)?.[1] ?? `no record in: ${stderr}`;
  const account = (): string => {
    const folder = join(place.folder, 'config/accounts');
    const file = readdirSync(folder, { recursive: true }).map(String).find((path) => path.endsWith('regr.json')) ?? '';
    return (JSON.parse(readFileSync(join(folder, file), 'utf8')) as { uri: string }).uri;
  };
  const quick = ['--dns-propagation-timeout', '1'];

  beforeAll(async () => {
    [standalonePort = 0] = await freePorts(1);
    bind = await startBind({
      front,
      recursion: true,
      keys: [key],
      zones: [{ name: 'example.test', records: ['@ NS ns1', `ns1 A ${front}`, '_validation-persist.moved CNAME moved-persist.example.test.'], policy: [`grant ${key.name} zonesub TXT;`] }],
      forward: [{ zone: '_acme-challenge.direct.test', port: standalonePort }],
    });
    ca = await startCa(bind);
    place = makePlace();
    env = { REQUESTS_CA_BUNDLE: ca.rootPath(place.folder) };
  });
  afterAll(async () => {
    await Promise.all([ca.stop(), bind.stop()]);
    place.remove();
  });

  test('dns-account-01: dns-rfc2136 and hooks set the record at the label of the account, dns-standalone answers for it', async () => {
    const preferred = ['--preferred-challenges', 'dns-account-01'];
    const credentials = join(place.folder, 'rfc2136.ini');
    writeFileSync(credentials, `dns_rfc2136_server = 127.0.0.1\ndns_rfc2136_port = ${bind.port}\ndns_rfc2136_name = ${key.name}.\ndns_rfc2136_secret = ${key.secret}\ndns_rfc2136_algorithm = HMAC-SHA256\n`, { mode: 0o600 });
    const updated = await certonly('--dns-rfc2136', '--dns-rfc2136-credentials', credentials, ...preferred, '-d', 'updated.example.test,*.updated.example.test');
    expect(updated.code, updated.stderr).toBe(0);
    expect(updated.stderr).toMatch(/_[a-z2-7]{16}\._acme-challenge\.updated\.example\.test: seen at ns1/);
    const log = join(place.folder, 'hook');
    const update = `nsupdate -y ${key.algorithm}:${key.name}:${key.secret}`;
    const send = (action: string): string => `printf 'server 127.0.0.1 ${bind.port}\\nupdate ${action} %s 5 TXT "%s"\\nsend\\n' $CERTWRIGHT_RECORD $CERTBOT_VALIDATION | ${update} && echo $CERTWRIGHT_RECORD >> ${log}`;
    const hooks = await certonly('--manual', '--manual-auth-hook', send('add'), '--manual-cleanup-hook', send('delete'), ...preferred, '-d', 'hooks.example.test');
    expect(hooks.code, hooks.stderr).toBe(0);
    const records = readFileSync(log, 'utf8').trim().split('\n');
    expect(records).toEqual([records[0], records[0]]);
    expect(records[0]).toMatch(/^_[a-z2-7]{16}\._acme-challenge\.hooks\.example\.test$/);
    expect(await bind.txt(records[0] ?? '')).toEqual([]);
    const alone = await certonly('--dns-standalone', '--dns-standalone-address', '127.0.0.1', '--dns-standalone-ipv6-address', '', '--dns-standalone-port', String(standalonePort), ...preferred, '-d', 'direct.test');
    expect(alone.code, alone.stderr).toBe(0);
    const renewed = await renew('updated.example.test');
    expect(renewed.code, renewed.stderr).toBe(0);
    expect(renewed.stderr).toMatch(/_[a-z2-7]{16}\._acme-challenge\.updated/);
  });

  test('N29: without the record nothing is asked of the CA and the record is told; set once, it is obtained and renewed from then on', async () => {
    const before = ca.answered();
    const names = ['-d', 'shop.example.test', '--dns-persist', ...quick];
    const refused = await certonly(...names);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(`_validation-persist.shop.example.test at ns1.example.test (${front}): no record for this certificate authority`);
    expect(told(refused, 'shop.example.test')).toBe(`${ca.issuer}; accounturi=${account()}`);
    expect(ca.answered()).toBe(before);
    await persist('shop.example.test', told(refused, 'shop.example.test'));
    const obtained = await certonly(...names);
    expect(obtained.code, obtained.stderr).toBe(0);
    expect(obtained.stderr).not.toContain('persistUntil');
    expect(ca.answered()).toBeGreaterThan(before);
    expect(readFileSync(join(place.folder, 'config/renewal/shop.example.test.conf'), 'utf8')).toContain('authenticator = dns-persist\n');
    const renewed = await renew('shop.example.test');
    expect(renewed.code, renewed.stderr).toBe(0);
    expect(versions('shop.example.test')).toBe(2);
    expect(await bind.txt('_validation-persist.shop.example.test')).toHaveLength(1);
    // Deleted, it ends.
    await change('update delete _validation-persist.shop.example.test TXT');
    const ended = await renew('shop.example.test');
    expect(ended.code).toBe(1);
    expect(versions('shop.example.test')).toBe(2);
  });

  test('a name with *. needs policy=wildcard: a record without it is refused before the CA is asked; one record is good for both, behind an alias too', async () => {
    const names = ['-d', 'moved.example.test,*.moved.example.test', '--dns-persist', ...quick];
    await change(`update add moved-persist.example.test 5 TXT "${ca.issuer}; accounturi=${account()}"`);
    const before = ca.answered();
    const refused = await certonly(...names);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('has no policy=wildcard, which a name with *. needs');
    expect(refused.stderr).toContain('for *.moved.example.test:');
    expect(ca.answered()).toBe(before);
    const wanted = told(refused, 'moved.example.test');
    expect(wanted).toBe(`${ca.issuer}; accounturi=${account()}; policy=wildcard`);
    await change('update delete moved-persist.example.test TXT', `update add moved-persist.example.test 5 TXT "${wanted}"`, 'update add moved-persist.example.test 5 TXT "other.example; accounturi=https://other.example/1"');
    const obtained = await certonly(...names);
    expect(obtained.code, obtained.stderr).toBe(0);
  });

  test('persistUntil: told as it was wished; past is refused before the CA is asked; an end before that of the certificate is warned about, at renewals too', async () => {
    const names = ['-d', 'until.example.test', '--dns-persist', ...quick];
    const far = await certonly(...names, '--dns-persist-until', '2090-01-31', '--dns-persist-wildcard');
    expect(far.code).toBe(1);
    expect(told(far, 'until.example.test')).toBe(`${ca.issuer}; accounturi=${account()}; policy=wildcard; persistUntil=${Date.UTC(2090, 0, 31, 23, 59, 59) / 1000}`);
    await persist('until.example.test', `${ca.issuer}; accounturi=${account()}; persistUntil=1000000000`);
    const before = ca.answered();
    const past = await certonly(...names);
    expect(past.code).toBe(1);
    expect(past.stderr).toContain('the record ended 2001-09-09 (persistUntil=1000000000)');
    expect(ca.answered()).toBe(before);
    const soon = Math.floor(Date.now() / 1000) + 3 * 86_400;
    const warning = `_validation-persist.until.example.test ends on ${new Date(soon * 1000).toISOString().slice(0, 10)} (persistUntil), before this certificate does`;
    await persist('until.example.test', `${ca.issuer}; accounturi=${account()}; persistUntil=${soon}`);
    const obtained = await certonly(...names);
    expect(obtained.code, obtained.stderr).toBe(0);
    expect(obtained.stderr).toContain(warning);
    expect((await renew('until.example.test')).stderr).toContain(warning);
    const wrong = await certonly('--dns-persist', '-d', 'wrong.example.test', '--dns-persist-until', '2027-02-31');
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toContain('"2027-02-31" is no date');
  });

  test('hooks by hand set the lasting record; no clean-up takes it away', async () => {
    const set = `printf 'server 127.0.0.1 ${bind.port}\\nupdate add %s 5 TXT "%s"\\nsend\\n' "$CERTWRIGHT_RECORD" "$CERTBOT_VALIDATION" | nsupdate -y ${key.algorithm}:${key.name}:${key.secret}`;
    const { code, stderr } = await certonly('--manual', '--preferred-challenges', 'dns-persist-01', '--manual-auth-hook', set, '--manual-cleanup-hook', `touch ${join(place.folder, 'cleaned')}`, '-d', 'byhook.example.test,*.byhook.example.test');
    expect(code, stderr).toBe(0);
    expect(await bind.txt('_validation-persist.byhook.example.test')).toEqual([`${ca.issuer}; accounturi=${account()}; policy=wildcard`]);
    expect(readdirSync(place.folder)).not.toContain('cleaned');
  });
});
