import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makePlace, unattended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

// No real Proxmox is here: its folder is a temporary one, systemctl a program that notes how it is called.
let pebble: Pebble;
let place: Place;
let folder: string;
let log: string;
let bin: string;
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' } });
  bin = mkdtempSync(join(tmpdir(), 'certwright-proxmox-'));
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath, PATH: `${bin}:${process.env['PATH']}` });
  folder = join(place.folder, 'local');
  log = join(place.folder, 'calls');
  mkdirSync(folder);
  writeFileSync(join(bin, 'systemctl'), `#!/bin/sh\necho "$*" >> ${log}\n[ ! -e ${log}.refuse ] || { rm ${log}.refuse; echo "Job for pveproxy.service failed" >&2; exit 1; }\n`, { mode: 0o755 });
  for (const name of ['pve-ssl.pem', 'pve-ssl.key']) writeFileSync(join(folder, name), `the cluster's ${name}\n`, { mode: 0o640 });
});
afterAll(async () => {
  rmSync(bin, { recursive: true, force: true });
  place.remove();
  await pebble.stop();
});

const text = (name: string): string => readFileSync(join(folder, name), 'utf8');
const mode = (name: string): number => statSync(join(folder, name)).mode & 0o777;
const live = (name: string, file: string): string => readFileSync(place.live(name, file), 'utf8');
const restarts = (): string[] => {
  const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').filter((line) => line.includes('pveproxy')) : [];
  rmSync(log, { force: true });
  return lines;
};
const obtain = (name: string, ...more: string[]) => place.certwright(['run', ...unattended(pebble.directoryUrl), '-a', 'standalone', '--http-01-port', String(pebble.httpPort), '-i', 'proxmox', '--proxmox-location', folder, '-d', name, ...more]);
const renew = (name: string) => place.certwright(['renew', '-n', '--force-renewal', '--no-random-sleep-on-renew', '--cert-name', name]);

it('S186: run writes key and full chain and restarts pveproxy; renew writes the new ones; rollback puts the old ones back', async () => {
  const ended = await obtain('pve.example.com');
  expect(ended.code, ended.stderr).toBe(0);
  expect([text('pve-ssl.key'), text('pve-ssl.pem')]).toEqual([live('pve.example.com', 'privkey.pem'), live('pve.example.com', 'fullchain.pem')]);
  // What was there keeps its group: Proxmox's own files are 0640 of root and www-data, and can be nothing else.
  expect([mode('pve-ssl.key'), mode('pve-ssl.pem')]).toEqual([0o640, 0o640]);
  expect(`${ended.stdout}${ended.stderr}`).not.toContain(live('pve.example.com', 'privkey.pem').split('\n')[1]);
  expect(restarts()).toEqual(['restart pveproxy.service']);
  const before = text('pve-ssl.key');
  const renewed = await renew('pve.example.com');
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(text('pve-ssl.key')).not.toBe(before);
  expect([text('pve-ssl.key'), text('pve-ssl.pem')]).toEqual([live('pve.example.com', 'privkey.pem'), live('pve.example.com', 'fullchain.pem')]);
  expect(restarts()).toEqual(['restart pveproxy.service']);
  // Copies in checkpoints hold private keys: nobody may read them who could not read the file itself.
  const copies = readdirSync(join(place.folder, 'work', 'backups'), { recursive: true, encoding: 'utf8' }).filter((path) => /_\d+$/.test(path));
  expect(copies.map((path) => statSync(join(place.folder, 'work', 'backups', path)).mode & 0o777)).toEqual([0o640, 0o640, 0o640, 0o640]);
  const back = await place.certwright(['rollback', '-n', '-i', 'proxmox', '--proxmox-location', folder, '--checkpoints', '2']);
  expect(back.code, back.stderr).toBe(0);
  expect([text('pve-ssl.key'), text('pve-ssl.pem')]).toEqual(["the cluster's pve-ssl.key\n", "the cluster's pve-ssl.pem\n"]);
  expect(restarts()).toEqual(['restart pveproxy.service']);
});

it('S186: --proxmox-custom has the names of today, 0600, and leaves the cluster’s files alone', async () => {
  const ended = await obtain('custom.example.com', '--proxmox-custom');
  expect(ended.code, ended.stderr).toBe(0);
  expect([text('pveproxy-ssl.key'), text('pveproxy-ssl.pem')]).toEqual([live('custom.example.com', 'privkey.pem'), live('custom.example.com', 'fullchain.pem')]);
  expect([mode('pveproxy-ssl.key'), mode('pveproxy-ssl.pem')]).toEqual([0o600, 0o600]);
  expect(text('pve-ssl.key')).toBe("the cluster's pve-ssl.key\n");
  const renewed = await renew('custom.example.com');
  expect(renewed.code, renewed.stderr).toBe(0);
  expect(text('pveproxy-ssl.key')).toBe(live('custom.example.com', 'privkey.pem'));
});

it('a restart that fails puts the files back and says why; a folder that is not there is refused before anything is ordered', async () => {
  const before = text('pveproxy-ssl.key');
  writeFileSync(`${log}.refuse`, '');
  restarts();
  const ended = await obtain('refused.example.com', '--proxmox-custom');
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain('Job for pveproxy.service failed');
  expect(text('pveproxy-ssl.key')).toBe(before);
  expect(restarts()).toEqual(['restart pveproxy.service', 'restart pveproxy.service']);
  const requests = pebble.requests().length;
  const nowhere = await place.certwright(['run', ...unattended(pebble.directoryUrl), '-a', 'standalone', '-i', 'proxmox', '--proxmox-location', '/nonexistent/local', '-d', 'x.example.com']);
  expect(nowhere.code).toBe(1);
  expect(nowhere.stderr).toContain('There is no folder /nonexistent/local.');
  expect(pebble.requests().slice(requests).filter((line) => /order|acct/i.test(line))).toEqual([]);
});
