// The real programs that the tests talk to, from Debian. Installed when that is allowed, named when it is not.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Package to the program that shows it is there. */
const needed = {
  pebble: '/usr/bin/pebble',
  certbot: '/usr/bin/certbot',
  'python3-certbot-nginx': '/usr/lib/python3/dist-packages/certbot_nginx',
  'python3-certbot-apache': '/usr/lib/python3/dist-packages/certbot_apache',
  bind9: '/usr/sbin/named',
  'bind9-dnsutils': '/usr/bin/dig',
  'python3-certbot-dns-rfc2136': '/usr/lib/python3/dist-packages/certbot_dns_rfc2136',
  'python3-certbot-dns-cloudflare': '/usr/lib/python3/dist-packages/certbot_dns_cloudflare',
  'python3-certbot-dns-digitalocean': '/usr/lib/python3/dist-packages/certbot_dns_digitalocean',
  'python3-certbot-dns-dnsimple': '/usr/lib/python3/dist-packages/certbot_dns_dnsimple',
  'python3-certbot-dns-gehirn': '/usr/lib/python3/dist-packages/certbot_dns_gehirn',
  'python3-certbot-dns-google': '/usr/lib/python3/dist-packages/certbot_dns_google',
  'python3-certbot-dns-linode': '/usr/lib/python3/dist-packages/certbot_dns_linode',
  'python3-certbot-dns-ovh': '/usr/lib/python3/dist-packages/certbot_dns_ovh',
  'python3-certbot-dns-route53': '/usr/lib/python3/dist-packages/certbot_dns_route53',
  'python3-certbot-dns-sakuracloud': '/usr/lib/python3/dist-packages/certbot_dns_sakuracloud',
  'python3-certbot-dns-gandi': '/usr/lib/python3/dist-packages/certbot_plugin_gandi',
  'python3-lexicon': '/usr/lib/python3/dist-packages/lexicon',
  lego: '/usr/bin/lego',
  uacme: '/usr/bin/uacme',
  openssl: '/usr/bin/openssl',
  curl: '/usr/bin/curl',
  strace: '/usr/bin/strace',
  systemd: '/usr/bin/systemctl',
  cron: '/usr/bin/crontab',
  'nginx-light': '/usr/sbin/nginx',
  apache2: '/usr/sbin/apache2',
  haproxy: '/usr/sbin/haproxy',
  varnish: '/usr/sbin/varnishd',
  zsh: '/usr/bin/zsh',
  fish: '/usr/bin/fish',
  mandoc: '/usr/bin/mandoc',
  patch: '/usr/bin/patch',
  'python3-configobj': '/usr/lib/python3/dist-packages/configobj',
};

export function debianPackages() {
  const missing = Object.entries(needed)
    .filter(([, file]) => !existsSync(file) && !existsSync(`${file}.py`))
    .map(([name]) => name);
  if (missing.length === 0) return;
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const may = existsSync('/usr/bin/apt-get') && (sudo.length === 0 || spawnSync('sudo', ['-n', 'true']).status === 0);
  if (!may) {
    console.error(`The tests talk to real programs. Missing here: ${missing.join(' ')}\nInstall them, for example: sudo apt-get install ${missing.join(' ')}`);
    process.exit(1);
  }
  console.error(`Installing Debian packages for the tests: ${missing.join(' ')} …`);
  const apt = (...args) =>
    execFileSync([...sudo, 'apt-get'][0], [...sudo, 'apt-get', ...args].slice(1), {
      stdio: ['ignore', 'ignore', 'inherit'],
      // Runlevel 1: servers are installed, not started.
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
      timeout: 600_000,
    });
  apt('update', '-q');
  apt('install', '-y', '-q', '--no-install-recommends', ...missing);
}
