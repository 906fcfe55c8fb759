import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { referencesTo } from '../../src/core/references.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'certwright-references-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text, 'latin1');
};
const found = () => referencesTo(['/etc/letsencrypt/live/example.com', '/etc/letsencrypt/archive/example.com'], root).map(({ path, line, text }) => `${path.slice(root.length)}:${line} ${text}`);

it('U14, N12: lines of nginx, Apache, haproxy, postfix and dovecot that name its files, each file once, comments left out', () => {
  write('etc/nginx/sites-available/site', 'server {\n  # ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;\n  ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;\n  ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;\n}\n');
  mkdirSync(join(root, 'etc/nginx/sites-enabled'));
  symlinkSync('../sites-available/site', join(root, 'etc/nginx/sites-enabled/site'));
  symlinkSync('..', join(root, 'etc/nginx/loop'));
  write('etc/apache2/sites-enabled/x.conf', 'SSLCertificateFile /etc/letsencrypt/live/example.com.other/cert.pem\nSSLCertificateFile "/etc/letsencrypt/archive/example.com/cert1.pem"\n');
  write('etc/haproxy/haproxy.cfg', 'bind :443 ssl crt /etc/letsencrypt/live/example.com/all.pem\xff\n');
  write('etc/postfix/main.cf', 'smtpd_tls_cert_file=/etc/letsencrypt/live/example.com/fullchain.pem\n');
  write('etc/dovecot/conf.d/10-ssl.conf', 'ssl_cert = </etc/letsencrypt/live/example.com/fullchain.pem\n');
  write('etc/other/x', '/etc/letsencrypt/live/example.com/cert.pem\n');
  expect(found()).toEqual([
    '/etc/nginx/sites-available/site:3 ssl_certificate /etc/letsencrypt/live/example.com/fullchain.pem;',
    '/etc/nginx/sites-available/site:4 ssl_certificate_key /etc/letsencrypt/live/example.com/privkey.pem;',
    '/etc/apache2/sites-enabled/x.conf:2 SSLCertificateFile "/etc/letsencrypt/archive/example.com/cert1.pem"',
    '/etc/haproxy/haproxy.cfg:1 bind :443 ssl crt /etc/letsencrypt/live/example.com/all.pem\xff',
    '/etc/postfix/main.cf:1 smtpd_tls_cert_file=/etc/letsencrypt/live/example.com/fullchain.pem',
    '/etc/dovecot/conf.d/10-ssl.conf:1 ssl_cert = </etc/letsencrypt/live/example.com/fullchain.pem',
  ]);
});

it('a machine without servers has none', () => expect(found()).toEqual([]));

it.each([
  ['haproxy/haproxy.cfg', 'bind :443 ssl crt /etc/letsencrypt/live/example.com'],
  ['haproxy/haproxy.cfg', 'bind :443 ssl crt /etc/letsencrypt/live/example.com alpn h2'],
  ['haproxy/haproxy.cfg', 'bind :443 ssl crt "/etc/letsencrypt/live/example.com"'],
  ['haproxy/haproxy.cfg', 'bind :443 ssl crt /etc/letsencrypt/live/example.com/\r'],
  ['haproxy/haproxy.cfg', 'global\n crt-base /etc/letsencrypt/live/\nbind :443 ssl crt example.com/all.pem'],
  ['nginx/nginx.conf', "ssl_certificate '/etc/letsencrypt/live/example.com/fullchain.pem';"],
  ['nginx/nginx.conf', 'server{ssl_certificate /etc/letsencrypt//live/example.com/fullchain.pem;}'],
  ['apache2/a.conf', 'SSLCertificateFile "/etc/letsencrypt/live/example.com/cert.pem"'],
  ['apache2/a.conf', 'Define dir /etc/letsencrypt/live/example.com'],
  ['postfix/main.cf', 'smtpd_tls_chain_files = /etc/letsencrypt/live/example.com/privkey.pem,/etc/letsencrypt/live/example.com/fullchain.pem'],
  ['postfix/sni', 'example.com /etc/letsencrypt/live/example.com/privkey.pem /etc/letsencrypt/live/example.com/fullchain.pem'],
  ['dovecot/dovecot.conf', 'ssl_server_cert_file = /etc/letsencrypt/live/example.com/fullchain.pem'],
  ['exim4/exim4.conf', 'tls_certificate = "/etc/letsencrypt/live/example.com/fullchain.pem"'],
  ['exim4/exim4.conf', 'tls_privatekey = ${if exists{/etc/letsencrypt/live/example.com/privkey.pem}{x}}'],
])('U14: %s: %s', (path, text) => {
  write(`etc/${path}`, `${text}\n`);
  expect(found()).toHaveLength(1);
});

it.each([
  ['haproxy/haproxy.cfg', 'bind :443 ssl crt /etc/letsencrypt/live/example.com-0001'],
  ['haproxy/haproxy.cfg', 'bind :443 ssl crt /etc/letsencrypt/live/example.com.au/all.pem'],
  ['haproxy/haproxy.cfg', 'crt-base /etc/ssl\nbind :443 ssl crt example.com/all.pem'],
  ['haproxy/haproxy.cfg', 'crt-base /etc/letsencrypt/live\nbind :443 ssl crt example.com.au'],
  ['mysql/my.cnf', '; ssl_cert=/etc/letsencrypt/live/example.com/cert.pem'],
  ['prosody/prosody.cfg.lua', '-- certificate = "/etc/letsencrypt/live/example.com/fullchain.pem";'],
])('another certificate, or nothing: %s: %s', (path, text) => {
  write(`etc/${path}`, `${text}\n`);
  expect(found()).toEqual([]);
});
