import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createPlain, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { saveNewLineage } from '../../src/store/save.js';
import { binary, makePlace, runProgram, unattended, type Place } from './certwright.js';
import { freePorts } from './pebble.js';
import { httpPort, place as own, sandbox, sandboxOfEachTest } from './sandbox-of-test.js';

// Certificates of a CA made by openssl, its real OCSP responder, and a web server that counts who fetches the CRL.
let place: Place;
let crlServer: Server;
let responder: ChildProcess;
let fetched = 0;
let ports: number[];
const ca = () => join(place.folder, 'ca');
const openssl = (...args: string[]): Buffer => execFileSync('openssl', args, { cwd: ca(), stdio: ['ignore', 'pipe', 'pipe'], timeout: 20_000 });
const dirs = () => ({ config: join(place.folder, 'config'), work: join(place.folder, 'work'), logs: join(place.folder, 'logs') });

/** A lineage whose certificate says `where` its revocation can be learnt. */
async function lineage(name: string, where: 'ocsp' | 'crl' | 'silent', server = 'https://ca.example/dir'): Promise<void> {
  openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`);
  openssl('ca', '-batch', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', `${name}.pem`, '-notext', '-extensions', where);
  const [cert, chain, privkey] = [`${name}.pem`, 'ca.pem', `${name}.key`].map((file) => readFileSync(join(ca(), file), 'utf8')) as [string, string, string];
  await saveNewLineage(dirs(), { name, mayChange: false }, { cert, chain, privkey, fullchain: cert + chain }, { authenticator: 'standalone', server, key_type: 'ecdsa', account: 'none' });
}

beforeAll(async () => {
  place = makePlace();
  for (const folder of ['ca', 'config/renewal', 'work', 'logs']) mkdirSync(join(place.folder, folder), { recursive: true });
  ports = await freePorts(3);
  writeFileSync(join(ca(), 'index.txt'), '');
  writeFileSync(join(ca(), 'serial'), '9f01\n');
  writeFileSync(join(ca(), 'crlnumber'), '01\n');
  writeFileSync(
    join(ca(), 'ca.cnf'),
    `[ca]\ndefault_ca = own\n[own]\ncertificate = ca.pem\nprivate_key = ca.key\ndatabase = index.txt\nserial = serial\ncrlnumber = crlnumber\nnew_certs_dir = .\ndefault_md = sha256\ndefault_days = 80\ndefault_crl_days = 7\npolicy = any\n[any]\ncommonName = supplied\n` +
      `[ocsp]\nauthorityInfoAccess = OCSP;URI:http://127.0.0.1:${ports[0]}/\n[crl]\nauthorityKeyIdentifier = keyid:always\ncrlDistributionPoints = URI:http://127.0.0.1:${ports[1]}/1.crl\n[silent]\nauthorityInfoAccess = OCSP;URI:http://127.0.0.1:${ports[2]}/\n`,
  );
  openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Own CA', '-days', '90');
  for (const name of ['good.example', 'gone.example']) await lineage(name, 'ocsp');
  for (const name of ['listed.example', ...Array.from({ length: 8 }, (_, index) => `c${index}.example`)]) await lineage(name, 'crl');
  for (const name of ['gone.example', 'listed.example']) openssl('ca', '-config', 'ca.cnf', '-revoke', `${name}.pem`);
  openssl('ca', '-config', 'ca.cnf', '-gencrl', '-out', 'crl.pem');
  openssl('crl', '-in', 'crl.pem', '-outform', 'der', '-out', 'crl.der');
  crlServer = createServer((_request, response) => {
    fetched += 1;
    response.end(readFileSync(join(ca(), 'crl.der')));
  });
  await new Promise<void>((resolve) => crlServer.listen(ports[1], '127.0.0.1', resolve));
  responder = spawn('openssl', ['ocsp', '-port', String(ports[0]), '-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'ca.pem', '-rkey', 'ca.key', '-ndays', '1'], { cwd: ca(), stdio: ['ignore', 'pipe', 'pipe'] });
  await waiting(responder);
});
afterAll(() => {
  responder.kill('SIGKILL');
  crlServer.close();
  place.remove();
});

/** A connection that only tries the port would stop openssl's responder for good: its own words say when it is ready. */
function waiting(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`openssl ocsp does not start: ${said}`)), 10_000);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString();
        if (!said.includes('waiting for OCSP client connections')) return;
        clearTimeout(timer);
        resolve();
      });
    }
  });
}

/** Validity as `certificates` lists it, by name. */
async function listed(): Promise<{ states: Record<string, string>; stderr: string }> {
  const { code, stdout, stderr } = await place.certwright(['certificates']);
  expect(code, stderr).toBe(0);
  const states = [...stdout.matchAll(/Certificate Name: (\S+)[\s\S]*?Expiry Date: .*\((.*)\)/g)].map(([, name = '', state = '']) => [name, state.replace(/: \d+ days$/, '')]);
  return { states: Object.fromEntries(states), stderr };
}

it('certificates shows INVALID: REVOKED by OCSP and by CRL, as certbot does for OCSP; one CRL for all lineages, kept for later runs (C19, N18)', async () => {
  const { states, stderr } = await listed();
  expect(states).toMatchObject({ 'good.example': 'VALID', 'gone.example': 'INVALID: REVOKED', 'listed.example': 'INVALID: REVOKED', 'c0.example': 'VALID' });
  expect(Object.values(states).filter((state) => state !== 'VALID')).toHaveLength(2);
  expect(stderr).not.toContain('not known');
  expect(fetched).toBe(1);
  const theirs = await place.certbot(['certificates']);
  expect(theirs.stdout).toMatch(/gone\.example[\s\S]*?INVALID: REVOKED/);
  expect(theirs.stdout.match(/REVOKED/g)).toHaveLength(1);

  // Not asked for again while it is young; again after half a day, and if nobody answers, the one that is there is still in force.
  expect((await listed()).states['listed.example']).toBe('INVALID: REVOKED');
  expect(fetched).toBe(1);
  const kept = join(place.folder, 'work/crls', readdirSync(join(place.folder, 'work/crls'))[0] ?? '');
  const age = (hours: number) => utimesSync(kept, new Date(Date.now() - hours * 3_600_000), new Date(Date.now() - hours * 3_600_000));
  age(13);
  await listed();
  expect(fetched).toBe(2);

  // A kept file that somebody changed is not believed, and a server that sends rubbish is told once, not once a lineage.
  writeFileSync(kept, readFileSync(kept).fill(0, 60, 90));
  await listed();
  expect(fetched).toBe(3);
  writeFileSync(kept, 'rubbish');
  copyFileSync(join(ca(), 'crl.der'), join(ca(), 'true.der'));
  writeFileSync(join(ca(), 'crl.der'), 'rubbish');
  const rubbish = await listed();
  expect(rubbish.states['listed.example']).toBe('VALID');
  expect(rubbish.stderr.match(/is revoked is not known: The CRL cannot be read/g)).toHaveLength(1);
  copyFileSync(join(ca(), 'true.der'), join(ca(), 'crl.der'));
  await listed();

  // Nobody there: what is not known is not revoked, at once and without a word on the terminal; the log says why.
  crlServer.closeAllConnections();
  crlServer.close();
  responder.kill('SIGKILL');
  age(13);
  const offline = await listed();
  expect(offline.states).toMatchObject({ 'gone.example': 'VALID', 'listed.example': 'INVALID: REVOKED' });
  expect(offline.stderr).not.toContain('not known');
  expect(readFileSync(join(place.folder, 'logs/letsencrypt.log'), 'utf8')).toContain('Whether the certificate gone.example is revoked is not known');
});

it('certonly waits three seconds for a responder and a CA that say nothing, says what it takes for granted, and goes on', async () => {
  const sockets: Socket[] = [];
  const silent = createPlain((socket) => void sockets.push(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => silent.listen(ports[2], '127.0.0.1', resolve));
  const server = `https://127.0.0.1:${ports[2]}/dir`;
  await lineage('silent.example', 'silent', server);
  const { code, stdout, stderr } = await place.certwright(['certonly', ...unattended(server), '--standalone', '--keep-until-expiring', '-d', 'silent.example']);
  for (const socket of sockets) socket.destroy();
  silent.close();
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('Certificate not yet due for renewal');
  expect(stderr).toMatch(/Whether the certificate silent\.example is revoked is not known: .*It counts as not revoked\./);
  expect(stderr).toContain('Renewal information for silent.example could not be had: no answer within 3 seconds; its dates decide.');
});

sandboxOfEachTest({ authzReuse: false, ocsp: false });
const run = (...args: string[]) => runProgram(process.execPath, [binary, ...args, ...own.directories], { env: { HOME: own.folder, REQUESTS_CA_BUNDLE: join(own.folder, 'root.pem') } });
const renew = async (...args: string[]) => {
  const { code, stdout, stderr } = await run('renew', '-n', '--no-random-sleep-on-renew', '--json', ...args);
  expect(code, stdout + stderr).toBe(0);
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string; outcomes?: { name: string; state: string; because?: string }[] });
  return Object.fromEntries(events.find(({ type }) => type === 'renewals')?.outcomes?.map((outcome) => [outcome.name, outcome]) ?? []);
};

it('renew renews what is revoked at once, by CRL alone or because it was revoked from here; and says why (C19)', async () => {
  const names = ['a.example.com', 'b.example.com', 'c.example.com'];
  for (const name of names) expect((await run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '-d', name)).code).toBe(0);
  // By somebody else: the file is not the one of the lineage.
  copyFileSync(own.live('a.example.com', 'cert.pem'), join(own.folder, 'copy.pem'));
  const revoke = (...args: string[]) => run('revoke', '-n', ...args, '--server', sandbox.directoryUrl);
  sandbox.setRenewalWindow({ start: Date.now() + 86_400_000, end: Date.now() + 172_800_000 });
  expect((await revoke('--cert-path', join(own.folder, 'copy.pem'), '--key-path', own.live('a.example.com', 'privkey.pem'))).code).toBe(0);
  expect((await revoke('--cert-name', 'b.example.com', '--no-delete-after-revoke')).code).toBe(0);
  const shown = (await run('certificates')).stdout;
  expect(shown.match(/INVALID: REVOKED/g)).toHaveLength(2);
  expect(await renew()).toMatchObject({
    'a.example.com': { state: 'renewed', because: 'revoked', revocation: { by: 'CRL', at: expect.any(String) } },
    'b.example.com': { state: 'renewed', because: 'revoked', revocation: { by: 'us' } },
    'c.example.com': { state: 'not-due', next: { by: 'advised' } },
  });
  expect((await run('certificates')).stdout).not.toContain('REVOKED');
  expect(Object.values(await renew()).map(({ state }) => state)).toEqual(['not-due', 'not-due', 'not-due']);
});

it('certonly renews what is revoked at once and says why, with --keep-until-expiring too; what is good is kept (C19)', async () => {
  const certonly = (...args: string[]) => run('certonly', ...unattended(sandbox.directoryUrl), '--standalone', '--http-01-port', String(httpPort), '-d', 'a.example.com', '--keep-until-expiring', ...args);
  const version = () => readdirSync(join(own.folder, 'config/archive/a.example.com')).length / 4;
  sandbox.setRenewalWindow({ start: Date.now() + 86_400_000, end: Date.now() + 172_800_000 });
  expect((await certonly()).code).toBe(0);
  expect((await certonly()).stdout).toContain('Certificate not yet due for renewal');
  expect((await run('revoke', '-n', '--cert-path', own.live('a.example.com', 'cert.pem'), '--key-path', own.live('a.example.com', 'privkey.pem'), '--no-delete-after-revoke', '--server', sandbox.directoryUrl)).code).toBe(0);
  expect((await certonly('--plan')).stdout).toMatch(/^Because +it was revoked$/m);
  expect(version()).toBe(1);
  const renewed = await certonly();
  expect(renewed.stderr).toContain('a.example.com is renewed now: it was revoked.');
  expect(version()).toBe(2);
});
