/**
 * Configuration trees for nginx, written for these tests: each is one that the real server loads. `{H}` and `{S}` stand for the http and
 * https port, `{R}` for the server root, `{C}` and `{K}` for a certificate and its key. `nginx.conf` is made around `site.conf`
 * unless a tree has its own.
 */
export interface NginxTreeOfTests {
  title: string;
  files: Readonly<Record<string, string>>;
  /** Links: path → target. */
  links?: Readonly<Record<string, string>>;
  /** The name that gets a certificate; `example.com` unless said. */
  name?: string;
  /** The address on which the block answers; 127.0.0.1 unless said. */
  address?: string;
  /** certwright asks here, or refuses: nothing may change. */
  refused?: true;
}

const site = (title: string, text: string, more: Partial<NginxTreeOfTests> = {}): NginxTreeOfTests => ({ title, files: { 'site.conf': text }, ...more });

const TLS = 'ssl_certificate {C}; ssl_certificate_key {K};';

const base: readonly NginxTreeOfTests[] = [
  site('plain', 'server {\n    listen {H};\n    server_name example.com;\n    return 200 ok;\n}\n'),
  site('plain, two names', 'server {\n    listen {H};\n    server_name example.com www.example.com;\n    root {R};\n}\n'),
  site('plain, location and root', 'server {\n    listen {H};\n    server_name example.com;\n    root {R};\n    location / {\n        try_files $uri $uri/ =404;\n    }\n    location ~ \\.php$ { return 403; }\n}\n'),
  site('server_name before listen', 'server {\n    server_name example.com;\n    listen {H};\n}\n'),
  site('names over lines', 'server {\n    listen {H};\n    server_name\n        www.example.com\n        example.com\n        ;\n}\n'),
  site('names in two directives', 'server {\n    listen {H};\n    server_name www.example.com;\n    server_name example.com;\n}\n'),
  site('quoted name', 'server {\n    listen {H};\n    server_name "example.com" \'other.example.com\';\n}\n'),
  site('name in capitals', 'server {\n    listen {H};\n    server_name Example.COM;\n}\n'),
  site('leading dot', 'server {\n    listen {H};\n    server_name .example.com;\n}\n'),
  site('wildcard in front', 'server {\n    listen {H};\n    server_name *.example.com;\n}\n', { name: 'www.example.com' }),
  site('wildcard behind', 'server {\n    listen {H};\n    server_name www.example.*;\n}\n', { name: 'www.example.com' }),
  site('regex', 'server {\n    listen {H};\n    server_name ~^(www\\.)?example\\.com$;\n}\n'),
  site('regex with a named group', 'server {\n    listen {H};\n    server_name "~^(?<sub>\\w+)\\.example\\.com$";\n    return 200 $sub;\n}\n', { name: 'www.example.com' }),
  site('regex with a Python group', 'server {\n    listen {H};\n    server_name ~^(?P<sub>\\w+)\\.example\\.com$;\n}\n', { name: 'www.example.com' }),
  site('exact beside wildcard and regex', 'server { listen {H}; server_name *.example.com; return 200 wild; }\nserver { listen {H}; server_name ~www; return 200 regex; }\nserver { listen {H}; server_name www.example.com; return 200 exact; }\n', { name: 'www.example.com' }),
  site('two blocks, the second has the name', 'server {\n    listen {H};\n    server_name other.example.com;\n}\n\nserver {\n    listen {H};\n    server_name example.com;\n}\n'),
  site('default server beside', 'server {\n    listen {H} default_server;\n    server_name _;\n    return 444;\n}\nserver {\n    listen {H};\n    server_name example.com;\n}\n'),
  site('default server itself', 'server {\n    listen {H} default_server;\n    server_name example.com;\n}\n'),
  site('address', 'server {\n    listen 127.0.0.1:{H};\n    server_name example.com;\n}\n'),
  site('two addresses', 'server {\n    listen 127.0.0.1:{H};\n    listen 127.0.0.2:{H};\n    server_name example.com;\n}\n'),
  site('IPv4 and IPv6', 'server {\n    listen {H};\n    listen [::]:{H};\n    server_name example.com;\n}\n'),
  site('IPv6 only', 'server {\n    listen [::]:{H};\n    server_name example.com;\n}\n', { address: '::1' }),
  site('IPv6 address', 'server {\n    listen [::1]:{H};\n    server_name example.com;\n}\n', { address: '::1' }),
  site('ipv6only said', 'server {\n    listen {H};\n    listen [::]:{H} ipv6only=on;\n    server_name example.com;\n}\n'),
  site('both families by one socket', 'server {\n    listen [::]:{H} ipv6only=off;\n    server_name example.com;\n}\n', { address: '::1' }),
  site('listen with options', 'server {\n    listen {H} backlog=64 so_keepalive=on reuseport;\n    server_name example.com;\n}\n'),
  site('several ports', 'server {\n    listen {H};\n    listen 127.0.0.1:18999;\n    server_name example.com;\n}\n'),
  site('a unix socket too', 'server {\n    listen {H};\n    listen unix:{R}/nginx.sock;\n    server_name example.com;\n}\n'),
  site('TLS in the same block', `server {\n    listen {H};\n    listen {S} ssl;\n    server_name example.com;\n    ${TLS}\n}\n`),
  site('TLS with several lines', 'server {\n    listen {H};\n    listen {S} ssl;\n    server_name example.com;\n    ssl_certificate     {C}; # old\n    ssl_certificate_key\t{K};\n    ssl_protocols TLSv1.2;\n}\n'),
  site('TLS and plain apart', `server {\n    listen {H};\n    server_name example.com;\n    return 301 https://$host$request_uri;\n}\nserver {\n    listen {S} ssl;\n    server_name example.com;\n    ${TLS}\n}\n`),
  site('TLS and plain apart, plain serves', `server {\n    listen {H};\n    server_name example.com;\n    root {R};\n}\nserver {\n    listen {S} ssl;\n    server_name example.com;\n    ${TLS}\n}\n`),
  site('TLS only', `server {\n    listen {S} ssl;\n    server_name example.com;\n    ${TLS}\n}\n`),
  site('TLS of another name on the port', `server { listen {S} ssl; server_name other.example.com; ${TLS} }\nserver {\n    listen {H};\n    server_name example.com;\n}\n`),
  site('TLS by another block of the same socket', `server { listen {S} ssl; server_name other.example.com; ${TLS} }\nserver {\n    listen {H};\n    listen {S};\n    server_name example.com;\n    ${TLS}\n}\n`),
  site('HTTP/2', `server {\n    listen {H};\n    listen {S} ssl http2;\n    server_name example.com;\n    ${TLS}\n}\n`),
  site('certificate of the http level', 'server {\n    listen {H};\n    listen {S} ssl;\n    server_name example.com;\n}\n', { files: { 'site.conf': 'ssl_certificate {C};\nssl_certificate_key {K};\nserver {\n    listen {H};\n    listen {S} ssl;\n    server_name example.com;\n}\n' } }),
  site('TLS settings of its own', `server {\n    listen {H};\n    server_name example.com;\n    ssl_session_cache shared:mine:1m;\n    ssl_prefer_server_ciphers on;\n}\n`),
  site('TLS settings of the http level', 'ssl_protocols TLSv1.2;\nssl_session_timeout 5m;\nserver {\n    listen {H};\n    server_name example.com;\n}\n'),
  site('handshakes refused by default', `server { listen {S} ssl default_server; server_name _; ssl_reject_handshake on; }\nserver {\n    listen {H};\n    server_name example.com;\n}\n`),
  site('a redirect to www', 'server {\n    listen {H};\n    server_name example.com;\n    return 301 http://www.example.com$request_uri;\n}\nserver {\n    listen {H};\n    server_name www.example.com;\n}\n'),
  site('a redirect of its own', 'server {\n    listen {H};\n    server_name example.com;\n    if ($http_x_forwarded_proto = "http") { return 301 https://$host$request_uri; }\n    root {R};\n}\n'),
  site('rewrites', 'server {\n    listen {H};\n    server_name example.com;\n    rewrite ^/old/(.*)$ /new/$1 permanent;\n    rewrite ^(/.*)$ /index.php?q=$1 last;\n    location / { return 200 ok; }\n}\n'),
  site('its own .well-known', 'server {\n    listen {H};\n    server_name example.com;\n    location ^~ /.well-known/acme-challenge/ {\n        deny all;\n    }\n    location ~ /\\. { deny all; }\n}\n'),
  site('password', 'server {\n    listen {H};\n    server_name example.com;\n    auth_basic "closed";\n    auth_basic_user_file {R}/site.conf;\n}\n'),
  site('access denied', 'server {\n    listen {H};\n    server_name example.com;\n    deny all;\n}\n'),
  site('a proxy', 'upstream app { server 127.0.0.1:18998; }\nserver {\n    listen {H};\n    server_name example.com;\n    location / {\n        proxy_pass http://app;\n        proxy_set_header Host $host;\n        proxy_set_header X "a;b{c}";\n    }\n}\n'),
  site('maps, geo, limits', 'map $http_upgrade $connection_upgrade { default upgrade; "" close; "~*^x{2}" "}"; }\ngeo $bad { default 0; 127.0.0.0/8 0; }\nlimit_req_zone $binary_remote_addr zone=one:1m rate=10r/s;\nserver {\n    listen {H};\n    server_name example.com;\n    if ($bad) { return 403; }\n}\n'),
  site('split_clients and log_format', "log_format mine '$remote_addr - $remote_user [$time_local] \"$request\" {}';\nsplit_clients $remote_addr $variant { 50% a; * b; }\nserver {\n    listen {H};\n    server_name example.com;\n    access_log {R}/a.log mine;\n}\n"),
  site('no listen at all', 'server {\n    server_name example.com;\n    listen {H};\n}\nserver { listen 18997; server_name other.example.com; }\n'),
  site('in no block, one default', 'server {\n    listen {H} default_server;\n    listen [::]:{H} default_server;\n    server_name _;\n    root {R};\n}\n', { name: 'new.example.com' }),
  site('in no block, no default', 'server {\n    listen {H};\n    server_name other.example.com;\n}\nserver {\n    listen {H};\n    server_name third.example.com;\n}\n', { name: 'new.example.com', refused: true }),
  site('in no block, two defaults', 'server {\n    listen {H} default_server;\n    server_name a.example.com;\n}\nserver {\n    listen 127.0.0.1:{H} default_server;\n    server_name b.example.com;\n}\n', { name: 'new.example.com', refused: true }),
  site('empty server_name', 'server { listen {H} default_server; server_name ""; return 444; }\nserver {\n    listen {H};\n    server_name example.com "";\n}\n'),
  site('the machine name', 'server { listen {H}; server_name $hostname; }\nserver {\n    listen {H};\n    server_name example.com;\n}\n'),
  site('comments everywhere', '# one\nserver { # two\n    # three { }\n    listen {H}; # four ;\n    server_name # five\n        example.com; # six\n    # seven\n} # eight\n# nine\n'),
  site('the end without a line feed', 'server {\n    listen {H};\n    server_name example.com;\n}'),
  site('the block on one line', 'server { listen {H}; server_name example.com; root {R}; }\n'),
  site('everything on one line', 'server{listen {H};server_name example.com;location /{return 200 ok;}}'),
  site('brace on the next line', 'server\n{\n  listen {H};\n  server_name example.com;\n}\n'),
  site('empty lines and no indent', 'server {\n\n\nlisten {H};\n\nserver_name example.com;\n\n\n}\n\n\n'),
  site('a long name', `server {\n    listen {H};\n    server_name ${'a'.repeat(40)}.example.com example.com;\n}\n`),
  site('variables in the root', 'server {\n    listen {H};\n    server_name example.com;\n    root {R}/${host};\n    set $x "a${host}b";\n}\n'),
  site('error pages and named locations', 'server {\n    listen {H};\n    server_name example.com;\n    error_page 404 = @gone;\n    location @gone { return 410; }\n    location = / { return 200 "{\\"ok\\": true}"; }\n}\n'),
  { title: 'sites-enabled by link', files: { 'nginx.conf': conf('include {R}/sites-enabled/*;'), 'sites-available/example': 'server {\n    listen {H};\n    server_name example.com;\n}\n', 'sites-enabled/.keep': '' }, links: { 'sites-enabled/example': '../sites-available/example' } },
  { title: 'includes in includes', files: { 'nginx.conf': conf('include a.conf;'), 'a.conf': 'include b/*.conf;\n', 'b/1.conf': 'include c.conf;\n', 'c.conf': 'server {\n    listen {H};\n    server_name example.com;\n}\n' } },
  { title: 'server in nginx.conf', files: { 'nginx.conf': conf('server {\n        listen {H};\n        server_name example.com;\n    }') } },
  { title: 'a snippet in the server', files: { 'site.conf': 'server {\n    include snippets/name.conf;\n    listen {H};\n    root {R};\n}\n', 'snippets/name.conf': 'server_name example.com;\n' } },
  { title: 'listen from a snippet', files: { 'site.conf': 'server {\n    include snippets/listen.conf;\n    server_name example.com;\n}\n', 'snippets/listen.conf': 'listen {H};\n' } },
  { title: 'certificate from a snippet of its own', files: { 'site.conf': 'server {\n    listen {H};\n    listen {S} ssl;\n    server_name example.com;\n    include snippets/tls.conf;\n}\n', 'snippets/tls.conf': 'ssl_certificate {C};\nssl_certificate_key {K};\n' } },
  { title: 'certificate from a shared snippet', files: { 'site.conf': 'server { listen {S} ssl; server_name other.example.com; include snippets/tls.conf; }\nserver {\n    listen {H};\n    listen {S} ssl;\n    server_name example.com;\n    include snippets/tls.conf;\n}\n', 'snippets/tls.conf': 'ssl_certificate {C};\nssl_certificate_key {K};\n' } },
  { title: 'locations from a snippet with braces in strings', files: { 'site.conf': 'server {\n    listen {H};\n    server_name example.com;\n    include snippets/*.conf;\n}\n', 'snippets/a.conf': 'location /a { return 200 "}"; }\n', 'snippets/b.conf': "location /b { return 200 '{'; }\n" } },
  { title: 'a pattern that matches nothing', files: { 'site.conf': 'include nothing/*.conf;\nserver {\n    listen {H};\n    server_name example.com;\n}\n' } },
  { title: 'many blocks in many files', files: { 'nginx.conf': conf('include sites/*.conf;'), ...Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`sites/${n}.conf`, `server {\n    listen {H};\n    server_name site${n}.example.com;\n    return 200 ${n};\n}\n`])) }, name: 'site17.example.com' },
  { title: 'a comment that is not UTF-8', files: { 'site.conf': '# gr\xfc\xdfe \xff\xfe\nserver {\n    listen {H};\n    server_name example.com; # \xe9t\xe9\n}\n' } },
  { title: 'a comment in UTF-8', files: { 'site.conf': Buffer.from('# größe ダミー\nserver {\n    listen {H};\n    server_name example.com;\n}\n').toString('latin1') } },
];

/** `nginx.conf` around something; everything below the root, no rights needed. */
export function conf(inside: string): string {
  return `worker_processes 1;\npid {R}/nginx.pid;\nerror_log {R}/error.log;\nevents { worker_connections 64; }\nhttp {\n    access_log off;\n    client_body_temp_path {R}/tmp1; proxy_temp_path {R}/tmp2; fastcgi_temp_path {R}/tmp3; uwsgi_temp_path {R}/tmp4; scgi_temp_path {R}/tmp5;\n    ${inside}\n}\n`;
}

/** The same trees written otherwise: what surrounds an edit must not matter to it. */
const variations: readonly { title: string; of: (text: string) => string; fits: (tree: NginxTreeOfTests) => boolean }[] = [
  { title: 'CRLF', of: (text) => text.replaceAll('\n', '\r\n'), fits: () => true },
  { title: 'tabs', of: (text) => text.replace(/^( {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)), fits: ({ files }) => Object.values(files).some((text) => /^ {4}/m.test(text)) },
];

export const nginxTrees: readonly NginxTreeOfTests[] = [
  ...base,
  ...variations.flatMap(({ title, of, fits }) => base.filter(fits).map((tree) => ({ ...tree, title: `${tree.title}, ${title}`, files: Object.fromEntries(Object.entries(tree.files).map(([path, text]) => [path, path === 'nginx.conf' && tree.files['site.conf'] !== undefined ? text : of(text)])) }))),
];
