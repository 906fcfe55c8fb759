import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { load } from './modules.mjs';

/** Name of the site of this number; it has `www.` before it too. */
export const siteName = (number) => `site${number}.example.com`;

/** As hosting companies have it: one file a site, linked into sites-enabled; of ten sites four are static, three PHP, two proxied and one has TLS already. */
function sites(count, kinds) {
  const entries = Array.from({ length: count }, (_, number) => [`sites-available/${siteName(number)}.conf`, kinds['ssssppprrt'[number % 10]](siteName(number), number)]);
  return { files: Object.fromEntries(entries), links: Object.fromEntries(entries.map(([path]) => [path.replace('available', 'enabled'), `../${path}`])) };
}

const NGINX_HEAD = (name) => `server {
    listen {H};
    server_name ${name} www.${name};

    root /srv/www/${name}/public;
    index index.html index.htm;
`;
const NGINX_TAIL = `
    location ~ /\\.(?!well-known) {
        deny all;
    }
}
`;

const nginxSites = {
  s: (name) => `# ${name}\n${NGINX_HEAD(name)}
    location / {
        try_files $uri $uri/ =404;
    }

    location ~* \\.(?:css|js|png|jpe?g|svg|woff2)$ {
        expires 30d;
        add_header Cache-Control "public";
    }
${NGINX_TAIL}`,
  p: (name) => `# ${name}\n${NGINX_HEAD(name).replace('index.html', 'index.php index.html')}
    client_max_body_size 32m;

    location / {
        try_files $uri $uri/ /index.php?$args;
    }

    location ~ \\.php$ {
        include snippets/fastcgi-php.conf;
        fastcgi_pass unix:/run/php/${name}.sock;
    }
${NGINX_TAIL}`,
  r: (name, number) => `# ${name}\n${NGINX_HEAD(name)}
    location / {
        proxy_pass http://127.0.0.1:${3000 + number};
        include proxy_params;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
    }
${NGINX_TAIL}`,
  t: (name) => `# ${name}
server {
    listen {S} ssl;
    server_name ${name} www.${name};
    ssl_certificate {C};
    ssl_certificate_key {K};
    root /srv/www/${name}/public;

    location / {
        try_files $uri $uri/ =404;
    }
}
`,
};

/** Debian's own nginx.conf and what it includes, on our ports and in our folder. */
function nginxTree(count) {
  const { files, links } = sites(count, nginxSites);
  const usual = ['mime.types', 'proxy_params', 'fastcgi.conf', 'snippets/fastcgi-php.conf'];
  const own = 'server_names_hash_max_size 32768;\n    server_names_hash_bucket_size 128;\n    client_body_temp_path {R}/tmp1; proxy_temp_path {R}/tmp2; fastcgi_temp_path {R}/tmp3; uwsgi_temp_path {R}/tmp4; scgi_temp_path {R}/tmp5;\n';
  const main = readFileSync('/etc/nginx/nginx.conf', 'latin1')
    .replace(/^pid .*$/m, 'pid {R}/nginx.pid;')
    .replace(/^error_log .*$/m, 'error_log {R}/error.log;')
    .replace(/^include .*modules-enabled.*$/m, '')
    .replace(/^(\s*)access_log .*$/m, '$1access_log {R}/access.log;')
    .replaceAll('/etc/nginx/', '')
    .replace(/^http \{/m, `http {\n    ${own}`);
  return {
    files: { 'nginx.conf': main, ...Object.fromEntries(usual.map((path) => [path, readFileSync(join('/etc/nginx', path), 'latin1')])), 'conf.d/gzip.conf': 'gzip_vary on;\ngzip_min_length 1024;\ngzip_types text/css application/javascript image/svg+xml;\n', ...files },
    links,
  };
}

const APACHE_HEAD = (name, port = '{H}') => `<VirtualHost *:${port}>
	ServerName ${name}
	ServerAlias www.${name}
	ServerAdmin webmaster@${name}
	DocumentRoot {R}
`;

const apacheSites = {
  s: (name) => `${APACHE_HEAD(name)}
	<Directory {R}/${name}>
		Options -Indexes +FollowSymLinks
		AllowOverride None
		Require all granted
	</Directory>
</VirtualHost>
`,
  p: (name) => `${APACHE_HEAD(name)}	DirectoryIndex index.php index.html

	<Directory {R}/${name}>
		Options -Indexes +FollowSymLinks
		AllowOverride All
		Require all granted
	</Directory>
	<FilesMatch "\\.php$">
		SetHandler "proxy:unix:/run/php/${name}.sock|fcgi://localhost"
	</FilesMatch>
</VirtualHost>
`,
  r: (name, number) => `${APACHE_HEAD(name)}
	<IfModule mod_proxy.c>
		ProxyPreserveHost On
		ProxyPass / http://127.0.0.1:${3000 + number}/
		ProxyPassReverse / http://127.0.0.1:${3000 + number}/
	</IfModule>
</VirtualHost>
`,
  t: (name) => `<IfModule mod_ssl.c>
${APACHE_HEAD(name, '{S}')}	SSLEngine on
	SSLCertificateFile {C}
	SSLCertificateKeyFile {K}
</VirtualHost>
</IfModule>
`,
};

/** Debian's own apache2.conf with its modules, and ssl and rewrite enabled. */
function apacheTree(count) {
  const { files, links } = sites(count, apacheSites);
  const enabled = [...new Set([...readdirSync('/etc/apache2/mods-enabled'), ...['ssl', 'socache_shmcb', 'rewrite', 'headers', 'setenvif', 'mime'].flatMap((name) => [`${name}.load`, `${name}.conf`])])];
  const available = readdirSync('/etc/apache2/mods-available');
  const address = `127.${[1, 2, 3].map(() => 1 + Math.floor(Math.random() * 250)).join('.')}`;
  const ours = (path) => readFileSync(join('/etc/apache2', path), 'latin1').replace(/\$\{APACHE_RUN_(?:USER|GROUP)\}/g, 'www-data').replaceAll('${APACHE_PID_FILE}', '{R}/apache.pid').replace(/\$\{APACHE_\w+_DIR\}/g, '{R}');
  const modules = Object.fromEntries(available.map((name) => [`mods-available/${name}`, ours(`mods-available/${name}`)]));
  return {
    files: {
      'apache2.conf': ours('apache2.conf'),
      'ports.conf': `Listen 127.0.0.1:{H}\n\n<IfModule ssl_module>\n\tListen ${address}:{S} https\n</IfModule>\n`,
      'conf-available/servername.conf': 'ServerName localhost\n',
      ...modules,
      ...files,
    },
    links: {
      'conf-enabled/servername.conf': '../conf-available/servername.conf',
      ...Object.fromEntries(enabled.filter((name) => available.includes(name)).map((name) => [`mods-enabled/${name}`, `../mods-available/${name}`])),
      ...links,
    },
  };
}

/** A real server with so many sites, and what both programs are told of it; `ca` looks for http-01 where it answers. */
export async function makeServer(kind, count, ca, folder) {
  const [{ makeWebServer, oldCertificate }, { freePorts }] = await Promise.all(['test/e2e/web-server.ts', 'test/e2e/pebble.ts'].map(load));
  // certbot knows no other port for Apache's TLS than 443; on an address that nobody else has it on.
  const [free] = await freePorts(1);
  const https = kind === 'nginx' ? free : 443;
  const ports = { http: ca.httpPort, https };
  const foreground = (root) => (kind === 'nginx' ? ['/usr/sbin/nginx', '-c', join(root, 'nginx.conf'), '-p', root, '-g', 'daemon off;'] : ['/usr/sbin/apache2', '-d', root, '-D', 'FOREGROUND']);
  const server = makeWebServer(kind, kind === 'nginx' ? nginxTree(count) : apacheTree(count), ports, oldCertificate(folder), foreground);
  const { root } = server;
  const where = kind === 'nginx' ? ['--nginx-server-root', root] : ['--apache-server-root', root, '--apache-vhost-root', join(root, 'sites-available'), '--apache-challenge-location', root, '--apache-logs-root', root];
  return { server, words: [...where, '--http-01-port', String(ports.http), '--https-port', String(https)], env: kind === 'nginx' ? {} : { APACHE_CONFDIR: root } };
}

/** Seconds that a running server itself needs for a change: its test, and a reload until none of the processes from before is left. No client can be faster. */
export async function serverAlone(kind, root) {
  const begun = performance.now();
  if (kind === 'nginx') execFileSync('/usr/sbin/nginx', ['-c', join(root, 'nginx.conf'), '-p', root, '-t'], { stdio: 'ignore' });
  else execFileSync('/usr/sbin/apache2', ['-d', root, '-t'], { stdio: 'ignore' });
  const main = Number(readFileSync(join(root, kind === 'nginx' ? 'nginx.pid' : 'apache.pid'), 'utf8'));
  const children = () => readFileSync(`/proc/${main}/task/${main}/children`, 'utf8').trim().split(' ');
  const before = children();
  process.kill(main, kind === 'nginx' ? 'SIGHUP' : 'SIGUSR1');
  for (;;) {
    await pause(2);
    const now = children();
    if (now.some((pid) => !before.includes(pid)) && !now.some((pid) => before.includes(pid))) break;
    if (performance.now() - begun > 60_000) throw new Error(`${kind} did not take its reload`);
  }
  return (performance.now() - begun) / 1000;
}
