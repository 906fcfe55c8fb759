import { X509Certificate, createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { keys, open } from '../pty/terminal.js';
import { binary, makePlace, runProgram, type Ended, type Place } from './certwright.js';
import { startPebble, type Pebble } from './pebble.js';

/**
 * The command lines of the guide of certbot 0.31, typed into a shell as they stand there. Only paths, addresses and the domains
 * are of this test; ports and the CA come from a cli.ini, as the guide shows it (S151-S153).
 */
let pebble: Pebble;
let place: Place;
let web: Server | null = null;
/** Lines of the web server's log: `HOST GET PATH`. */
let accesses: string[];

beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' } });
});
afterAll(() => pebble.stop());
beforeEach(() => {
  place = makePlace();
  accesses = [];
  for (const folder of ['bin', 'home/.config/letsencrypt', 'home/user/me/certbot', 'tmp', 'scripts', 'www/example', 'www/other', 'www/html', 'www/htdocs/.well-known/acme-challenge', 'daemon/certs']) {
    mkdirSync(join(place.folder, folder), { recursive: true });
  }
  for (const name of ['certbot', 'letsencrypt', 'certbot-auto']) symlinkSync(binary, join(place.folder, 'bin', name));
  executable('bin/service', '#!/bin/sh\necho "service $*" >> /tmp/service.log\n');
  writeFileSync(
    join(place.folder, 'home/.config/letsencrypt/cli.ini'),
    [
      '# The example of the guide',
      '# Use a 4096 bit RSA key instead of 2048',
      '# rsa-key-size = 4096',
      '',
      'email = foo@example.com',
      'agree-tos = true',
      '# authenticator = webroot',
      '# webroot-path = /usr/share/nginx/html',
      'authenticator = standalone',
      '',
      '# Of this test',
      `server = ${pebble.directoryUrl}`,
      `http-01-port = ${pebble.httpPort}`,
      `config-dir = ${config()}`,
      `work-dir = ${join(place.folder, 'work')}`,
      `logs-dir = ${join(place.folder, 'logs')}`,
      'no-random-sleep-on-renew',
      '',
    ].join('\n'),
  );
});
afterEach(async () => {
  if (web) {
    web.closeAllConnections();
    await new Promise((resolve) => web?.close(resolve));
  }
  web = null;
  place.remove();
});

const config = (...path: string[]) => join(place.folder, 'config', ...path);
const PATHS: Readonly<Record<string, string>> = { '/etc/letsencrypt': 'config', '/etc/some-daemon': 'daemon', '/home': 'home', '/var/www': 'www', '/path/to': 'scripts', '/tmp': 'tmp' };

/** The guide's paths, inside of this test's folder. */
function filled(text: string): string {
  return text.replace(/(?<![\w./-])(\/etc\/letsencrypt|\/etc\/some-daemon|\/home|\/var\/www|\/path\/to|\/tmp)(?=\/)/g, (path) => join(place.folder, PATHS[path] ?? ''));
}

function executable(path: string, text: string): void {
  writeFileSync(join(place.folder, path), filled(text), { mode: 0o755 });
}

/** Types these lines into a shell. */
const shell = (lines: string): Promise<Ended> =>
  runProgram('bash', ['-c', filled(lines)], { cwd: place.folder, env: { HOME: join(place.folder, 'home'), PATH: `${join(place.folder, 'bin')}:${process.env['PATH']}`, XDG_CONFIG_HOME: '', REQUESTS_CA_BUNDLE: pebble.caPath } });

/** The same, and each must succeed. Returns what stands on stdout. */
async function typed(lines: string): Promise<string> {
  const { code, stdout, stderr } = await shell(`set -e\n${lines}`);
  expect(code, `${lines}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

const certificate = (name: string) => new X509Certificate(readFileSync(config('live', name, 'cert.pem')));
const sans = (name: string) => (certificate(name).subjectAltName ?? '').split(', ').map((entry) => entry.slice(4)).sort();
const versions = (name: string) => readdirSync(config('archive', name)).filter((file) => file.startsWith('cert')).length;
const renewal = (name: string) => readFileSync(config('renewal', `${name}.conf`), 'utf8');
const services = () => (existsSync(join(place.folder, 'tmp/service.log')) ? readFileSync(join(place.folder, 'tmp/service.log'), 'utf8').trim().split('\n') : []);

/** A running web server with a folder for each host. */
async function serve(folders: Readonly<Record<string, string>>): Promise<void> {
  web = createServer((request, response) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    accesses.push(`${host} ${request.method} ${request.url}`);
    const path = join(place.folder, 'www', folders[host] ?? 'nothing', request.url ?? '');
    if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => web?.listen(pebble.httpPort, () => resolve()));
}

describe('getting certificates', () => {
  it('S26-S28: webroot, each name in the folder that was named last before it', async () => {
    await serve({ 'www.example.com': 'example', 'example.com': 'example', 'other.example.net': 'other', 'another.other.example.net': 'other' });
    await typed('certbot certonly --webroot -w /var/www/example/ -d www.example.com -d example.com -w /var/www/other -d other.example.net -d another.other.example.net');
    expect(sans('www.example.com')).toEqual(['another.other.example.net', 'example.com', 'other.example.net', 'www.example.com']);
    for (const name of sans('www.example.com')) expect(accesses.filter((line) => line.startsWith(`${name} GET /.well-known/acme-challenge/`)).length, name).toBeGreaterThan(0);
    expect([readdirSync(join(place.folder, 'www/example')), readdirSync(join(place.folder, 'www/other'))]).toEqual([[], []]);
  });

  it('S01, S30, S50, S110-S116, C28: standalone; the list of certificates; the files', async () => {
    await typed('letsencrypt certonly --standalone -d example.com -d www.example.com');
    expect(await typed('certbot-auto --help')).toMatch(/^usage: certbot-auto /);
    expect(await typed('certbot certificates')).toMatch(
      new RegExp(
        [
          'Found the following certs:',
          ' {2}Certificate Name: example.com',
          '(?: {4}\\w[^\\n]*\\n)* {4}Domains: example.com www.example.com',
          ' {4}Expiry Date: \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\+00:00 \\(VALID: \\d+ days\\)',
          ` {4}Certificate Path: ${config('live/example.com/fullchain.pem')}`,
          ` {4}Private Key Path: ${config('live/example.com/privkey.pem')}`,
        ].join('\n'),
      ),
    );
    const read = (kind: string) => readFileSync(config('live/example.com', `${kind}.pem`), 'utf8');
    expect(read('fullchain')).toBe(read('cert') + read('chain'));
    expect(certificate('example.com').checkPrivateKey(createPrivateKey(read('privkey')))).toBe(true);
    expect(statSync(config('live/example.com/privkey.pem')).mode & 0o777).toBe(0o600);
    expect(read('privkey')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
  });

  it('S18-S20: one plugin proves and another installs; what will not renew by itself is said', async () => {
    await serve({ 'example.com': 'html' });
    await typed('certbot run -a webroot -i null -w /var/www/html -d example.com');
    expect(renewal('example.com')).toMatch(/authenticator = webroot\n[^]*installer = null\n/);
    executable('scripts/authenticator.sh', '#!/bin/sh\necho $CERTBOT_VALIDATION > /var/www/html/.well-known/acme-challenge/$CERTBOT_TOKEN\n');
    await typed('mkdir -p /var/www/html/.well-known/acme-challenge\ncertbot run -a manual -i null --manual-auth-hook /path/to/authenticator.sh -d example.com --cert-name byhand');
    expect([sans('byhand'), renewal('byhand').includes('installer = null\n')]).toEqual([['example.com'], true]);
    // Without the hook nobody could place the answer (S34).
    expect((await shell('certbot run -n -a manual -i null -d example.com --cert-name byhand --force-renewal')).stderr).toContain('--manual-auth-hook');
  });

  it('S151-S153: what the configuration file says holds for every command, and a flag goes before it', async () => {
    // Commented out for the other tests: such keys take their time.
    await typed("sed -i 's/^# rsa-key-size/rsa-key-size/' /home/.config/letsencrypt/cli.ini");
    expect(await typed('certbot certonly --key-type rsa -d example.com')).toContain('Successfully received certificate.');
    expect(createPrivateKey(readFileSync(config('live/example.com/privkey.pem'))).asymmetricKeyDetails?.modulusLength).toBe(4096);
    expect(renewal('example.com')).toContain('rsa_key_size = 4096\n');
    writeFileSync(join(place.folder, 'scripts/mine.ini'), 'rsa-key-size = 2048\n');
    await typed('certbot certonly -c /path/to/mine.ini --force-renewal -d example.com\ncertbot certonly --config /path/to/mine.ini --force-renewal -d example.com');
    expect(createPrivateKey(readFileSync(config('live/example.com/privkey.pem'))).asymmetricKeyDetails?.modulusLength).toBe(2048);
  });
});

describe('S54-S60: getting them again, with the same or other names', () => {
  it('--force-renewal, --duplicate, --expand, --allow-subset-of-names, --cert-name', async () => {
    await typed('certbot certonly -d existing.com');
    await typed('certbot certonly --force-renewal -d existing.com');
    expect([versions('existing.com'), sans('existing.com')]).toEqual([2, ['existing.com']]);
    await typed('certbot certonly --duplicate -d existing.com');
    expect(sans('existing.com-0001')).toEqual(['existing.com']);
    await typed('certbot delete -n --cert-name existing.com-0001');
    await typed('certbot --expand -d existing.com,example.com,newdomain.com');
    expect([versions('existing.com'), sans('existing.com')]).toEqual([3, ['example.com', 'existing.com', 'newdomain.com']]);
    await typed('certbot --expand -d existing.com -d example.com -d newdomain.com -d more.com --allow-subset-of-names');
    expect(sans('existing.com')).toHaveLength(4);
    await typed('certbot certonly -n --cert-name existing.com -d example.org,www.example.org --renew-with-new-domains');
    expect([versions('existing.com'), sans('existing.com')]).toEqual([5, ['example.org', 'www.example.org']]);
    await typed('certbot certonly --cert-name existing.com --domains example.org --renew-with-new-domains');
    expect(sans('existing.com')).toEqual(['example.org']);
  });
});

it('S70-S77: revoke by path and with a reason, then delete', async () => {
  await typed('certbot certonly -d example.com\ncertbot certonly -d example.org');
  expect(await typed('certbot revoke -n --no-delete-after-revoke --cert-path /etc/letsencrypt/live/example.com/cert.pem')).toContain('revoked');
  await typed('certbot revoke -n --no-delete-after-revoke --cert-path /etc/letsencrypt/live/example.org/cert.pem --reason keycompromise');
  // S72: --staging asks another CA than that of cli.ini, and that is said.
  expect((await shell('certbot revoke -n --cert-path /etc/letsencrypt/live/example.org/cert.pem --staging')).stderr).toContain('--staging');
  // S77: without -n somebody is asked, and only in a terminal (U16).
  expect((await shell('certbot delete --cert-name example.com')).code).toBe(1);
  const terminal = open(['delete', '--cert-name', 'example.com', '--plain'], { env: { HOME: join(place.folder, 'home'), XDG_CONFIG_HOME: '' } });
  await terminal.see('Are you sure you want to delete example.com?');
  terminal.type(`1${keys.enter}`);
  expect(await terminal.exited).toBe(0);
  expect(readdirSync(config('renewal'))).toEqual(['example.org.conf']);
});

describe('S80-S99: renewing', () => {
  /** Makes these due: the CA of this test gives certificates for years. */
  const due = (...names: string[]) => typed(names.map((name) => `sed -i '1i renew_before_expiry = 9000 days' /etc/letsencrypt/renewal/${name}.conf`).join('\n'));

  it('S81-S86, S93, S99: nothing is done and no hook runs before it is due; then with hooks around', async () => {
    await typed('certbot certonly -d example.com');
    const line = 'certbot renew --pre-hook "service nginx stop" --post-hook "service nginx start"';
    expect(await typed(line)).toContain('No renewals were attempted.');
    expect([services(), versions('example.com')]).toEqual([[], 1]);
    await due('example.com');
    await typed(line);
    expect([services(), versions('example.com')]).toEqual([['service nginx stop', 'service nginx start'], 2]);
    const quiet = await shell('certbot renew -q --no-directory-hooks --dry-run\ncertbot renew --quiet --rsa-key-size 4096');
    expect(quiet).toMatchObject({ code: 0, stdout: '' });
    // S95: what was given to renew is saved.
    expect(renewal('example.com')).toContain('pre_hook = service nginx stop\n');
    expect(renewal('example.com')).toContain('rsa_key_size = 4096\n');
    expect(versions('example.com')).toBe(3);
    await typed('certbot renew --dry-run\ncertbot renew --force-renewal');
    expect(versions('example.com')).toBe(4);
  });

  it('S86, S87, S114: the deploy hook that copies for a daemon; the group that was given to a key stays', async () => {
    executable(
      'scripts/deploy-hook-script',
      `#!/bin/sh
set -e
for domain in $RENEWED_DOMAINS; do
  case $domain in
  example.com)
    daemon_cert_root=/etc/some-daemon/certs
    umask 077
    cp "$RENEWED_LINEAGE/fullchain.pem" "$daemon_cert_root/$domain.cert"
    cp "$RENEWED_LINEAGE/privkey.pem" "$daemon_cert_root/$domain.key"
    stat -c '%a' "$daemon_cert_root/$domain.key" > /tmp/mode
    chown nobody "$daemon_cert_root/$domain.cert" "$daemon_cert_root/$domain.key"
    chmod 400 "$daemon_cert_root/$domain.cert" "$daemon_cert_root/$domain.key"
    service some-daemon restart >/dev/null
    ;;
  esac
done
`,
    );
    await typed('certbot certonly -d example.com,www.example.com\nchgrp 4242 /etc/letsencrypt/archive/example.com/privkey1.pem\nchmod g+r /etc/letsencrypt/archive/example.com/privkey1.pem');
    await due('example.com');
    await typed('certbot renew --deploy-hook /path/to/deploy-hook-script');
    expect(services()).toEqual(['service some-daemon restart']);
    const copied = readdirSync(join(place.folder, 'daemon/certs')).map((file) => (statSync(join(place.folder, 'daemon/certs', file)).mode & 0o777).toString(8));
    expect([copied, readFileSync(join(place.folder, 'tmp/mode'), 'utf8').trim()]).toEqual([['400', '400'], '600']);
    expect(readFileSync(join(place.folder, 'daemon/certs/example.com.key'), 'utf8')).toBe(readFileSync(config('live/example.com/privkey.pem'), 'utf8'));
    const key = statSync(config('archive/example.com/privkey2.pem'));
    expect([key.mode & 0o777, key.gid]).toEqual([0o640, 4242]);
  });

  it('S88-S92: the hook directories, in the order of their bytes, before the hooks of options, each once', async () => {
    await typed('certbot certonly -d example.com');
    for (const kind of ['pre', 'deploy', 'post']) for (const file of ['b', 'B', 'é', 'a~']) executable(`config/renewal-hooks/${kind}/${file}`, `#!/bin/sh\necho "${kind} ${file}" >> /tmp/service.log\n`);
    await typed('certbot renew --force-renewal --pre-hook "service x pre" --deploy-hook /etc/letsencrypt/renewal-hooks/deploy/B --post-hook "service x post"');
    expect(services()).toEqual(['pre B', 'pre b', 'pre é', 'service x pre', 'deploy B', 'deploy b', 'deploy é', 'post B', 'post b', 'post é', 'service x post']);
    writeFileSync(join(place.folder, 'tmp/service.log'), '');
    await typed('certbot renew --force-renewal --no-directory-hooks');
    expect(services()).toEqual(['service x pre', 'deploy B', 'service x post']);
  });

  it('S118: other formats, made anew by a deploy hook', async () => {
    await typed(`certbot certonly -d example.com --deploy-hook 'openssl pkcs12 -export -passout pass:x -in "$RENEWED_LINEAGE/fullchain.pem" -inkey "$RENEWED_LINEAGE/privkey.pem" -out /tmp/example.pfx; openssl x509 -in "$RENEWED_LINEAGE/cert.pem" -outform der -out /tmp/example.der'`);
    await typed('certbot renew --force-renewal');
    expect(new X509Certificate(readFileSync(join(place.folder, 'tmp/example.der'))).serialNumber).toBe(certificate('example.com').serialNumber);
    expect(await typed('openssl pkcs12 -in /tmp/example.pfx -passin pass:x -nokeys -clcerts')).toContain('BEGIN CERTIFICATE');
  });

  it('S85: a hook that fails says so on stderr, and the renewal goes on', async () => {
    await typed('certbot certonly -d example.com');
    const { code, stderr } = await shell('certbot renew --force-renewal --pre-hook "echo oops >&2; exit 7"');
    expect([code, versions('example.com')]).toEqual([0, 2]);
    expect(stderr).toMatch(/error code 7[^]*oops/);
  });

  it('S96: certonly -n with all names renews what is due; with some of them it is another certificate', async () => {
    await typed('certbot certonly -n -d example.com -d www.example.com');
    await typed('certbot certonly --keep-until-expiring -n -d example.com -d www.example.com');
    expect(versions('example.com')).toBe(1);
    await due('example.com');
    await typed('certbot certonly -n -d example.com -d www.example.com');
    expect(versions('example.com')).toBe(2);
    await typed('certbot certonly -n -d www.example.com');
    expect(sans('www.example.com')).toEqual(['www.example.com']);
  });
});

it('S100-S104: archive and live moved by mv and sed, then update_symlinks', async () => {
  await typed('certbot certonly -d example.com');
  await typed(`
    mv /etc/letsencrypt/archive/example.com /home/user/me/certbot/example_archive
    sed -i 's,/etc/letsencrypt/archive/example.com,/home/user/me/certbot/example_archive,' /etc/letsencrypt/renewal/example.com.conf
    mv /etc/letsencrypt/live/example.com/*.pem /home/user/me/certbot/
    sed -i 's,/etc/letsencrypt/live/example.com,/home/user/me/certbot,g' /etc/letsencrypt/renewal/example.com.conf
    certbot update_symlinks`);
  const moved = join(place.folder, 'home/user/me/certbot');
  expect(new X509Certificate(readFileSync(join(moved, 'cert.pem'))).subjectAltName).toBe('DNS:example.com');
  expect(await typed('certbot certificates')).toContain(`Certificate Path: ${join(moved, 'fullchain.pem')}`);
  await typed('certbot renew --dry-run\ncertbot renew --force-renewal');
  expect(readdirSync(join(moved, 'example_archive'))).toContain('cert2.pem');
  const [first, second] = [1, 2].map((version) => readFileSync(join(moved, 'example_archive', `cert${version}.pem`), 'utf8'));
  expect(readFileSync(join(moved, 'cert.pem'), 'utf8')).toBe(second);
  expect(first).not.toBe(second);
});

describe('S130-S134: validation hooks', () => {
  it('S133: http', async () => {
    await serve({ 'secure.example.com': 'htdocs' });
    executable('scripts/authenticator.sh', '#!/bin/bash\necho $CERTBOT_VALIDATION > /var/www/htdocs/.well-known/acme-challenge/$CERTBOT_TOKEN\n');
    executable('scripts/cleanup.sh', '#!/bin/bash\nrm -f /var/www/htdocs/.well-known/acme-challenge/$CERTBOT_TOKEN\n');
    await typed('certbot certonly --manual --manual-auth-hook /path/to/authenticator.sh --manual-cleanup-hook /path/to/cleanup.sh -d secure.example.com');
    expect(sans('secure.example.com')).toEqual(['secure.example.com']);
    expect(readdirSync(join(place.folder, 'www/htdocs/.well-known/acme-challenge'))).toEqual([]);
    // What cli.ini says goes before what was saved, as with certbot.
    await typed("sed -i '/^authenticator/d' /home/.config/letsencrypt/cli.ini\ncertbot renew --force-renewal");
    expect(versions('secure.example.com')).toBe(2);
  });

  it('S132, S134: DNS at Cloudflare, by curl, with a folder in /tmp from one hook to the other', async () => {
    const cloudflare = await startCloudflare();
    const headers = '-H "X-Auth-Email: $EMAIL" -H "X-Auth-Key: $API_KEY" -H "Content-Type: application/json"';
    executable(
      'scripts/authenticator.sh',
      `#!/bin/bash
API_KEY="your-api-key"
EMAIL="your.email@example.com"
DOMAIN=$(expr match "$CERTBOT_DOMAIN" '.*\\.\\(.*\\..*\\)')
ZONE_ID=$(curl -s -X GET "${cloudflare.url}/client/v4/zones?name=$DOMAIN&status=active&page=1&per_page=20&order=status&direction=desc&match=all" ${headers} | python3 -c "import sys,json;print(json.load(sys.stdin)['result'][0]['id'])")
RECORD_ID=$(curl -s -X POST "${cloudflare.url}/client/v4/zones/$ZONE_ID/dns_records" ${headers} --data '{"type":"TXT","name":"'"_acme-challenge.$CERTBOT_DOMAIN"'","content":"'"$CERTBOT_VALIDATION"'","ttl":120}' | python3 -c "import sys,json;print(json.load(sys.stdin)['result']['id'])")
if [ ! -d /tmp/CERTBOT_$CERTBOT_DOMAIN ]; then
  mkdir -m 0700 /tmp/CERTBOT_$CERTBOT_DOMAIN
fi
echo $ZONE_ID > /tmp/CERTBOT_$CERTBOT_DOMAIN/ZONE_ID
echo $RECORD_ID > /tmp/CERTBOT_$CERTBOT_DOMAIN/RECORD_ID
echo "record $RECORD_ID"
sleep 0.25
`,
    );
    executable(
      'scripts/cleanup.sh',
      `#!/bin/bash
API_KEY="your-api-key"
EMAIL="your.email@example.com"
if [ -f /tmp/CERTBOT_$CERTBOT_DOMAIN/ZONE_ID ]; then
  ZONE_ID=$(cat /tmp/CERTBOT_$CERTBOT_DOMAIN/ZONE_ID)
  rm -f /tmp/CERTBOT_$CERTBOT_DOMAIN/ZONE_ID
fi
if [ -f /tmp/CERTBOT_$CERTBOT_DOMAIN/RECORD_ID ]; then
  RECORD_ID=$(cat /tmp/CERTBOT_$CERTBOT_DOMAIN/RECORD_ID)
  rm -f /tmp/CERTBOT_$CERTBOT_DOMAIN/RECORD_ID
fi
if [ -n "\${ZONE_ID}" ] && [ -n "\${RECORD_ID}" ]; then
  curl -s -X DELETE "${cloudflare.url}/client/v4/zones/$ZONE_ID/dns_records/$RECORD_ID" ${headers}
fi
echo "$CERTBOT_AUTH_OUTPUT" > /tmp/output
`,
    );
    try {
      await typed('certbot certonly --manual --preferred-challenges=dns --manual-auth-hook /path/to/authenticator.sh --manual-cleanup-hook /path/to/cleanup.sh -d secure.example.com');
    } finally {
      cloudflare.stop();
    }
    expect(cloudflare.calls).toEqual(['GET zone example.com', 'POST _acme-challenge.secure.example.com', 'DELETE zone1 record1']);
    expect(readFileSync(join(place.folder, 'tmp/output'), 'utf8').trim()).toBe('record record1');
    expect(sans('secure.example.com')).toEqual(['secure.example.com']);
  });
});

/** The three calls of Cloudflare's API that the guide's hooks make, on loopback; records appear at the test's DNS server. */
async function startCloudflare(): Promise<{ url: string; calls: string[]; stop(): void }> {
  const calls: string[] = [];
  const records = async (action: string, record: object): Promise<void> => void (await fetch(`${pebble.challtestUrl}/${action}`, { method: 'POST', body: JSON.stringify(record) }));
  let name = '';
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      void (async () => {
        const { pathname, searchParams } = new URL(request.url ?? '', 'http://stub');
        if (request.headers['x-auth-key'] !== 'your-api-key' || request.headers['x-auth-email'] !== 'your.email@example.com') return void response.writeHead(403).end('{}');
        if (request.method === 'GET') {
          calls.push(`GET zone ${searchParams.get('name')}`);
          return void response.end(JSON.stringify({ result: [{ id: 'zone1' }] }));
        }
        if (request.method === 'POST') {
          const record = JSON.parse(body) as { name: string; content: string };
          name = record.name;
          calls.push(`POST ${name}`);
          await records('set-txt', { host: `${name}.`, value: record.content });
          return void response.end(JSON.stringify({ result: { id: 'record1' } }));
        }
        calls.push(`DELETE ${pathname.split('/')[4]} ${pathname.split('/')[6]}`);
        await records('clear-txt', { host: `${name}.` });
        response.end('{}');
      })();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls, stop: () => void server.close() };
}
