import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Deployment, Installer } from '../../../src/plugins/contract.js';
import { createPritunlInstaller } from '../../../src/plugins/pritunl/installer.js';
import { loadDriver } from '../../../src/plugins/pritunl/settings-store.js';
import { startMongoFake, type MongoFake } from './mongo-fake.js';

// No real Pritunl and no MongoDB are here: the real driver speaks to a stand-in, systemctl is a program that notes how it is called.
let mongo: MongoFake;
let folder: string;
const files: Deployment['files'] = { cert: 'cert.pem', privkey: 'privkey.pem', chain: 'chain.pem', fullchain: 'fullchain.pem' };
beforeEach(async () => {
  mongo = await startMongoFake();
  folder = mkdtempSync(join(tmpdir(), 'certwright-pritunl-'));
  for (const name of Object.values(files)) writeFileSync(join(folder, name), `text of ${name}\n`);
  writeFileSync(join(folder, 'systemctl'), `#!/bin/sh\necho "$*" >> ${folder}/calls\n[ ! -e ${folder}/refuse ] || { echo "no unit" >&2; exit 5; }\n`, { mode: 0o755 });
});
afterEach(async () => {
  await mongo.stop();
  rmSync(folder, { recursive: true, force: true });
  expect(mongo.faults).toEqual([]);
});

const conf = (text: string): string => {
  writeFileSync(join(folder, 'pritunl.conf'), text);
  return join(folder, 'pritunl.conf');
};
const named = (rest = ''): string => conf(JSON.stringify({ debug: false, mongodb_uri: `mongodb://127.0.0.1:${mongo.port}/vpn${rest}` }));
async function opened(path: string, options: Record<string, boolean> = {}): Promise<Installer> {
  const installer = createPritunlInstaller();
  await installer.prepare({ options: { pritunl_conf_path: path, ...options }, http01Port: 80, httpsPort: 443, configDir: '', workDir: '', environment: { PATH: `${folder}:/usr/bin:/bin` }, signal: AbortSignal.timeout(30_000), log: () => undefined });
  return installer;
}
const given = (): Deployment => ({ names: ['vpn.example.com'], files: { cert: join(folder, files.cert), privkey: join(folder, files.privkey), chain: join(folder, files.chain), fullchain: join(folder, files.fullchain) } });

it('S185: certificate and key are set in the settings, all else of them stays, and Pritunl is restarted', async () => {
  const installer = await opened(named());
  expect(await installer.publish?.([given()])).toEqual(["Pritunl's settings have the certificate for vpn.example.com"]);
  expect(mongo.settings.get('app')).toEqual({ _id: 'app', theme: 'dark', server_cert: 'text of cert.pem\n', server_key: 'text of privkey.pem\n' });
  expect(mongo.databases).toEqual(['vpn']);
  await installer.reload();
  expect(readFileSync(join(folder, 'calls'), 'utf8')).toBe('restart pritunl.service\n');
});

it('--pritunl-fullchain gives the chain too', async () => {
  await (await opened(named(), { pritunl_fullchain: true })).publish?.([given()]);
  expect(mongo.settings.get('app')?.['server_cert']).toBe('text of fullchain.pem\n');
});

it('a database that refuses, that has no settings, that is not there: told without a secret', async () => {
  mongo.refuse = { ok: 0, code: 13, codeName: 'Unauthorized', errmsg: 'not authorized on vpn: text of privkey.pem\n' };
  const refused: unknown = await (await opened(named())).publish?.([given()]).then(() => null, (error: unknown) => error);
  expect(refused).toMatchObject({ name: 'PluginError', message: 'The MongoDB of Pritunl did not take the certificate: not authorized on vpn: [secret]' });
  mongo.refuse = null;
  mongo.settings.clear();
  await expect((await opened(named())).publish?.([given()])).rejects.toThrow('The database vpn has no settings of Pritunl, so nothing was changed.');
  const away = conf(JSON.stringify({ mongodb_uri: `mongodb://user:pass%20word1@127.0.0.1:1/vpn?serverSelectionTimeoutMS=100` }));
  const absent = (await (await opened(away)).publish?.([given()]).then(() => null, (error: unknown) => error)) as Error;
  expect(absent.message).toContain('ECONNREFUSED');
  expect(absent.message).not.toMatch(/pass(?:%20| )word1/);
});

it('a restart that fails says what systemctl said, and that the certificate is there', async () => {
  writeFileSync(join(folder, 'refuse'), '');
  await expect((await opened(named())).reload()).rejects.toThrow('Pritunl has the certificate in its settings and could not be restarted: `systemctl restart pritunl.service` ended with 5. no unit');
});

it('what is wrong with the configuration, and a driver that is not installed, are told before anything is done', async () => {
  for (const [text, words] of [['{', 'is no JSON'], ['{}', 'names no mongodb_uri'], ['{"mongodb_uri":"mongodb://localhost"}', 'without the name of a database']] as const) await expect(opened(conf(text))).rejects.toThrow(words);
  await expect(opened(join(folder, 'nothing'))).rejects.toThrow('cannot be read (ENOENT)');
  await expect(loadDriver('certwright-no-such-driver')).rejects.toMatchObject({ name: 'PluginError', hint: 'Install it where certwright is: npm install -g mongodb' });
  expect(existsSync(join(folder, 'calls'))).toBe(false);
});
