/**
 * Configuration trees for Apache, written for these tests: each is one that the real server loads. `{H}` and `{S}` stand for the http and
 * https port, `{R}` for the server root, `{C}` and `{K}` for a certificate and its key. `apache2.conf` is made around `site.conf` unless
 * a tree has its own.
 */
export interface ApacheTreeOfTests {
  title: string;
  files: Readonly<Record<string, string>>;
  /** Links: path → target. */
  links?: Readonly<Record<string, string>>;
  /** The names that get a certificate; `example.com` unless said. */
  names?: readonly string[];
  /** The address on which the hosts answer; 127.0.0.1 unless said. */
  address?: string;
  /** certwright asks here, or refuses: nothing may change. */
  refused?: true;
  /** Other hosts go on with the certificate that was there. */
  keepsOld?: true;
}

const site = (title: string, text: string, more: Partial<ApacheTreeOfTests> = {}): ApacheTreeOfTests => ({ title, files: { 'site.conf': text }, ...more });

const TLS = '    SSLEngine on\n    SSLCertificateFile {C}\n    SSLCertificateKeyFile {K}\n';
const host = (inside: string, addresses = '*:{H}'): string => `<VirtualHost ${addresses}>\n${inside}</VirtualHost>\n`;
const NAME = '    ServerName example.com\n';
const ROOT = '    DocumentRoot {R}\n';

const MODULES = ['mpm_event', 'authz_core', 'authz_host', 'authn_core', 'access_compat', 'auth_basic', 'authn_file', 'authz_user', 'dir', 'alias', 'mime', 'setenvif', 'rewrite', 'headers', 'env', 'macro', 'proxy', 'proxy_http', 'negotiation', 'autoindex', 'filter', 'deflate', 'expires', 'socache_shmcb', 'ssl', 'http2'];

/** A configuration around something; everything below the root. */
export function conf(inside: string, modules: readonly string[] = MODULES): string {
  return `ServerRoot {R}\nDefaultRuntimeDir {R}\nPidFile {R}/apache.pid\nErrorLog {R}/error.log\nServerName localhost\nUser www-data\nGroup www-data\n${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join('')}${modules.includes('mime') ? 'TypesConfig /etc/mime.types\n' : ''}<Directory />\n    AllowOverride None\n    Require all denied\n</Directory>\n<Directory {R}>\n    Require all granted\n</Directory>\n${inside}\n`;
}
export const LISTEN = 'Listen 127.0.0.1:{H}';

const base: readonly ApacheTreeOfTests[] = [
  site('plain', host(NAME + ROOT)),
  site('plain, two names', host(`${NAME}    ServerAlias www.example.com\n${ROOT}`), { names: ['example.com', 'www.example.com'] }),
  site('plain, one of two names', host(`${NAME}    ServerAlias www.example.com\n${ROOT}`), { names: ['www.example.com'] }),
  site('aliases in several lines', host(`${NAME}    ServerAlias www.example.com m.example.com\n    ServerAlias old.example.com\n`), { names: ['m.example.com', 'old.example.com'] }),
  site('alias with a pattern', host('    ServerName main.example.org\n    ServerAlias *.example.com\n'), { names: ['www.example.com'] }),
  site('alias with a question mark', host('    ServerName main.example.org\n    ServerAlias ww?.example.com\n'), { names: ['www.example.com'] }),
  site('name in capitals', host('    ServerName Example.COM\n')),
  site('name with a port', host('    ServerName example.com:{H}\n')),
  site('name with a scheme', host('    ServerName http://example.com\n')),
  site('name in quotes', host('    ServerName "example.com"\n    ServerAlias \'www.example.com\'\n'), { names: ['example.com', 'www.example.com'] }),
  site('two names, the last counts', host('    ServerName first.example.com\n    ServerName example.com\n')),
  site('two hosts, the second has the name', host('    ServerName other.example.com\n') + host(NAME)),
  site('many hosts', Array.from({ length: 30 }, (_, n) => host(`    ServerName site${n}.example.com\n    DocumentRoot {R}\n`)).join('\n'), { names: ['site17.example.com', 'site3.example.com'] }),
  site('nameless, the only one', host(ROOT)),
  site('of another name, the only one', host('    ServerName other.example.org\n')),
  site('_default_ beside', host(ROOT, '_default_:{H}') + host(NAME)),
  site('any port', host(NAME, '*')),
  site('address', host(NAME, '127.0.0.1:{H}')),
  site('two addresses', host(NAME, '127.0.0.1:{H} 127.0.0.2:{H}')),
  site('two ports', host(NAME, '*:{H} *:18999')),
  site('IPv6 address', host(NAME, '[::1]:{H} 127.0.0.1:{H}')),
  site('address in quotes', host(NAME, '"*:{H}"')),
  site('TLS only', host(NAME + TLS, '*:{S}')),
  site('TLS and plain', host(NAME + ROOT) + host(NAME + ROOT + TLS, '*:{S}')),
  site('TLS and plain, plain with fewer names', host(NAME + ROOT) + host(`${NAME}    ServerAlias www.example.com\n${TLS}`, '*:{S}'), { names: ['example.com', 'www.example.com'] }),
  site('TLS in IfModule', `<IfModule mod_ssl.c>\n${host(NAME + TLS, '*:{S}')}</IfModule>\n${host(NAME)}`),
  site('TLS settings in IfModule', host(NAME) + host(`${NAME}    <IfModule mod_ssl.c>\n    ${TLS.trimStart()}    </IfModule>\n`, '*:{S}')),
  site('TLS with a chain file', host(NAME) + host(`${NAME}${TLS}    SSLCertificateChainFile {C}\n`, '*:{S}')),
  site('TLS with two certificates', host(NAME) + host(`${NAME}${TLS}    SSLCertificateFile {C}\n    SSLCertificateKeyFile {K}\n`, '*:{S}')),
  site('TLS with settings of its own', host(NAME) + host(`${NAME}${TLS}    SSLProtocol TLSv1.2\n    SSLHonorCipherOrder on\n`, '*:{S}')),
  site('TLS without a certificate of its own', `SSLCertificateFile {C}\nSSLCertificateKeyFile {K}\n${host(NAME)}${host(`${NAME}    SSLEngine on\n`, '*:{S}')}`, { keepsOld: true }),
  site('TLS with paths in quotes', host(NAME) + host(`${NAME}    SSLEngine on\n    SSLCertificateFile "{C}"\n    SSLCertificateKeyFile   "{K}"  \n`, '*:{S}')),
  site('TLS of another host on the port', host('    ServerName other.example.com\n' + TLS, '*:{S}') + host(NAME), { keepsOld: true }),
  site('Listen for TLS is there', `Listen 127.0.0.1:{S}\n${host(NAME)}`),
  site('Listen for TLS in IfModule', `<IfModule ssl_module>\nListen 127.0.0.1:{S} https\n</IfModule>\n${host(NAME)}`),
  site('its own redirect by mod_alias', host(`${NAME}    Redirect permanent / https://example.com/\n`)),
  site('a redirect by mod_alias with a number', host(`${NAME}    Redirect 301 / https://example.com/\n`)),
  site('its own redirect by mod_rewrite', host(`${NAME}    RewriteEngine on\n    RewriteRule ^(.*)$ https://%{HTTP_HOST}$1 [R=301,L]\n`)),
  site('its own redirect with a condition', host(`${NAME}    RewriteEngine On\n    RewriteCond %{HTTPS} off\n    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R,L]\n`)),
  site('a redirect over lines', host(`${NAME}    RewriteEngine on\n    RewriteCond %{HTTPS} \\\n        !=on\n    RewriteRule ^/?(.*) \\\n        https://%{SERVER_NAME}/$1 \\\n        [R,L]\n`)),
  site('a redirect in a folder', host(`${NAME}    <Directory {R}>\n        RewriteEngine on\n        RewriteRule ^secret https://example.com/secret [R]\n    </Directory>\n`)),
  site("certbot's redirect of old", host(`${NAME}RewriteEngine on\nRewriteCond %{SERVER_NAME} =example.com\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [L,NE,R=permanent]\n`) + host(NAME + TLS, '*:{S}')),
  site("certbot's redirect of fewer names", host(`${NAME}    ServerAlias www.example.com\nRewriteEngine on\nRewriteCond %{SERVER_NAME} =example.com\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]\n`) + host(`${NAME}    ServerAlias www.example.com\n${TLS}`, '*:{S}'), { names: ['example.com', 'www.example.com'] }),
  site('rewrites of a blog', host(`${NAME}    RewriteEngine On\n    RewriteRule ^/index\\.php$ - [L]\n    RewriteCond %{REQUEST_FILENAME} !-f\n    RewriteRule . /index.php [L]\n`)),
  site('rewrites that are off', host(`${NAME}    RewriteEngine off\n`)),
  site('a redirect to www', host(`${NAME}    Redirect / http://www.example.com/\n`) + host('    ServerName www.example.com\n'), { names: ['example.com', 'www.example.com'] }),
  site('a proxy', host(`${NAME}    ProxyPreserveHost On\n    ProxyPass / http://127.0.0.1:18998/\n    ProxyPassReverse / http://127.0.0.1:18998/\n`)),
  site('password', host(`${NAME}    <Location />\n        AuthType Basic\n        AuthName "closed"\n        AuthUserFile {R}/site.conf\n        Require valid-user\n    </Location>\n`)),
  site('access denied, old way', host(`${NAME}    <Location />\n        Order deny,allow\n        Deny from all\n    </Location>\n`)),
  site('If and Else', host(`${NAME}    <If "%{HTTP_HOST} == 'x'">\n        Require all denied\n    </If>\n    <Else>\n        Header set X y\n    </Else>\n`)),
  site('Files, Limit, Directory', host(`${NAME}    <Directory "{R}/a b">\n        <Files ~ "\\.(ht|bak)$">\n            Require all denied\n        </Files>\n        <LimitExcept GET POST>\n            Require all denied\n        </LimitExcept>\n    </Directory>\n`)),
  site('a > in a section', host(`${NAME}    <LocationMatch "^/a>b">\n        Require all denied\n    </LocationMatch>\n`)),
  site('log formats', `LogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\"" mine\n${host(`${NAME}    CustomLog {R}/access.log mine\n    CustomLog "|/bin/cat" mine env=!dontlog\n`)}`),
  site('continued lines', host('    ServerName \\\n        example.com\n    ServerAlias www.example.com \\\n                m.example.com\n'), { names: ['example.com', 'm.example.com'] }),
  site('a continued comment', `# a comment \\\n<VirtualHost *:1>\n${host(NAME)}# last \\\n`),
  site('a name in pieces', host('    Server\\\nName example.com\n')),
  site('comments everywhere', `# one\n${host(`    # two </VirtualHost>\n${NAME}    # three\n`)}# four\n`),
  site('text behind a closing', `<VirtualHost *:{H}> and this is not read\n${NAME}</VirtualHost> nor this\n`),
  site('the end without a line feed', host(NAME).trimEnd()),
  site('no indentation', '<VirtualHost *:{H}>\nServerName example.com\n</VirtualHost>\n'),
  site('everything in lower case', '<virtualhost *:{H}>\n  servername example.com\n</virtualhost>\n'),
  site('everything in capitals', '<VIRTUALHOST *:{H}>\n  SERVERNAME example.com\n</VIRTUALHOST>\n'),
  site('an empty host beside', `<VirtualHost *:{H}>\n</VirtualHost>\n${host(NAME)}`),
  site('in an IfModule that holds', `<IfModule mod_rewrite.c>\n    ${host(NAME).replaceAll('\n', '\n    ').trimEnd()}\n</IfModule>\n`),
  site('an IfModule that does not hold', `<IfModule mod_nothing.c>\n${host(NAME + TLS, '*:{S}')}nonsense\n</IfModule>\n${host(NAME)}`),
  site('IfModule with !', `<IfModule !mod_nothing.c>\n${host(NAME)}</IfModule>\n<IfModule !mod_rewrite.c>\n${host('    ServerName wrong.example.com\n')}</IfModule>\n`),
  site('IfDefine', `Define mine\n<IfDefine mine>\n${host(NAME)}</IfDefine>\n<IfDefine !mine>\n${host(`${NAME}    nonsense\n`)}</IfDefine>\n`),
  site('a Define of later', `<IfDefine late>\n${host(NAME + TLS, '*:{S}')}</IfDefine>\nDefine late\n${host(NAME)}`),
  site('IfVersion', `<IfVersion >= 2.4>\n${host(NAME)}</IfVersion>\n<IfVersion < 2.4>\nnonsense\n</IfVersion>\n<IfVersion = 2.4>\nnonsense\n</IfVersion>\n<IfVersion ~ ^2\\.4>\nDefine seen\n</IfVersion>\n`),
  site('IfFile', `<IfFile {R}/apache2.conf>\n${host(NAME)}</IfFile>\n<IfFile nothing.conf>\nnonsense\n</IfFile>\n`),
  site('a variable as name', `Define DOMAIN example.com\n${host('    ServerName ${DOMAIN}\n    ServerAlias www.${DOMAIN}\n')}`, { names: ['example.com', 'www.example.com'] }),
  site('a variable as address', `Define ADDRESS 127.0.0.1\nDefine PORT {H}\n${host(NAME, '${ADDRESS}:${PORT}')}`),
  site('a variable with several words', `Define NAMES "a.example.com example.com"\n${host('    ServerName x.example.com\n    ServerAlias ${NAMES}\n')}`),
  site('a variable that is not there', host(`${NAME}    SetEnv X \${NOTHING}\n`)),
  site('UnDefine', `Define GONE\nUnDefine GONE\n<IfDefine GONE>\n${host(NAME + TLS, '*:{S}')}</IfDefine>\nDefine DOMAIN wrong\nUnDefine DOMAIN\nDefine DOMAIN example.com\n${host('    ServerName ${DOMAIN}\n')}`),
  site('a macro beside', `<Macro VHost $name>\n${host('    ServerName $name\n')}</Macro>\nUse VHost made.example.com\n${host(NAME)}`),
  site('the name only in a macro', `<Macro VHost $name>\n${host('    ServerName $name\n')}</Macro>\nUse VHost example.com\n`, { refused: true }),
  site('in no host, several', host('    ServerName a.example.com\n') + host('    ServerName b.example.com\n'), { names: ['new.example.com'], refused: true }),
  site('no host at all', '# nothing\n', { refused: true }),
  site('SSLEngine optional', host(`${NAME}${TLS.replace('SSLEngine on', 'SSLEngine optional')}`, '*:{S}')),
  site('HTTP/2 and headers', host(NAME) + host(`${NAME}${TLS}    Protocols h2 http/1.1\n    Header always set Strict-Transport-Security "max-age=1"\n`, '*:{S}')),
  { title: 'the host in the root file', files: { 'apache2.conf': conf(`${LISTEN}\n${host(NAME)}`) } },
  { title: 'a folder is included', files: { 'apache2.conf': conf(`${LISTEN}\nInclude sites`), 'sites/b.conf': host(NAME), 'sites/a/deep.conf': host('    ServerName deep.example.com\n') }, names: ['example.com', 'deep.example.com'] },
  { title: 'a pattern of folders', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites/*/*.conf`), 'sites/x/a.conf': host(NAME), 'sites/y/b.conf': host('    ServerName b.example.com\n'), 'sites/.hidden/c.conf': host(NAME + TLS, '*:{S}') } },
  { title: 'a pattern that matches nothing', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional nothing/*.conf\nInclude site.conf`), 'site.conf': host(NAME) } },
  { title: 'an absolute path', files: { 'apache2.conf': conf(`${LISTEN}\nInclude {R}/a.conf`), 'a.conf': `Include "{R}/b b.conf"\n`, 'b b.conf': host(NAME) } },
  { title: 'brackets in a pattern', files: { 'apache2.conf': conf(`${LISTEN}\nInclude site[0-4].conf`), 'site3.conf': host(NAME), 'site7.conf': 'nonsense\n' } },
  { title: 'conf.d is read by pattern', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional conf.d/*.conf`), 'conf.d/site.conf': host(NAME) } },
  { title: 'sites-enabled by link', files: { 'apache2.conf': conf('Include ports.conf\nIncludeOptional sites-enabled/*.conf'), 'ports.conf': `${LISTEN}\n\n<IfModule mod_gnutls.c>\n\tListen {S}\n</IfModule>\n`, 'sites-available/example.conf': host(NAME + ROOT), 'sites-enabled/.keep': '' }, links: { 'sites-enabled/example.conf': '../sites-available/example.conf' } },
  { title: 'sites-enabled by link, TLS site not enabled', files: { 'apache2.conf': conf('Include ports.conf\nIncludeOptional sites-enabled/*.conf'), 'ports.conf': `${LISTEN}\n`, 'sites-available/example.conf': host(NAME + ROOT), 'sites-available/example-le-ssl.conf': `<IfModule mod_ssl.c>\n${host(NAME + TLS, '*:{S}')}</IfModule>\n`, 'sites-enabled/.keep': '' }, links: { 'sites-enabled/example.conf': '../sites-available/example.conf' } },
  { title: 'sites-enabled with a file', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites-enabled/*.conf`), 'sites-enabled/example.conf': host(NAME) } },
  { title: 'sites of one file, some with TLS', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites-enabled/*`), 'sites-enabled/all': host(NAME) + host('    ServerName b.example.com\n') + host(`    ServerName c.example.com\n${TLS}`, '*:{S}') }, names: ['example.com', 'b.example.com', 'c.example.com'] },
  { title: 'the same file by two paths', files: { 'apache2.conf': conf(`${LISTEN}\nInclude a.conf\nInclude b.conf`), 'a.conf': host(NAME) }, links: { 'b.conf': 'a.conf' } },
  { title: 'the name from a snippet', files: { 'site.conf': host('    Include snippets/name.conf\n'), 'snippets/name.conf': 'ServerName example.com\n' } },
  { title: 'certificate from a snippet of its own', files: { 'site.conf': host(NAME) + host(`${NAME}    Include snippets/tls.conf\n`, '*:{S}'), 'snippets/tls.conf': TLS } },
  { title: 'certificate from a snippet that is included twice', files: { 'site.conf': host(NAME) + host(`${NAME}    Include snippets/tls.conf\n    Include {R}/snippets/tls.conf\n`, '*:{S}'), 'snippets/tls.conf': TLS } },
  { title: 'certificate from a shared snippet', files: { 'site.conf': host(NAME) + host(`${NAME}    Include snippets/tls.conf\n`, '*:{S}') + host('    ServerName other.example.com\n    Include snippets/tls.conf\n', '*:{S}'), 'snippets/tls.conf': `# shared\n${TLS}SSLCertificateChainFile {C}\n` }, keepsOld: true },
  { title: 'a template of variables', files: { 'site.conf': 'Define D a.example.com\nInclude template.conf\nUnDefine D\nDefine D example.com\n', 'template.conf': host('    ServerName ${D}\n') }, names: ['a.example.com'] },
  { title: 'a template with TLS', files: { 'site.conf': 'Define D a.example.com\nInclude template.conf\nUnDefine D\nDefine D example.com\nInclude {R}/template.conf\n', 'template.conf': host('    ServerName ${D}\n') + host(`    ServerName \${D}\n${TLS}`, '*:{S}') } },
  { title: 'httpd.conf', files: { 'httpd.conf': conf(`${LISTEN}\n${host(NAME)}`) } },
  { title: 'letters in a file name', files: { 'apache2.conf': conf(`${LISTEN}\n${Buffer.from('Include größe.conf').toString('latin1')}`), 'größe.conf': host(NAME) } },
  { title: 'a comment that is not UTF-8', files: { 'site.conf': `# gr\xfc\xdfe \xff\xfe\xa0\n${host(`    # \xe9t\xe9\n${NAME}`)}` } },
  { title: 'a comment in UTF-8', files: { 'site.conf': Buffer.from(`# größe à ダミー\n${host(`${NAME}    SetEnv CITY "Kraków à"\n`)}`).toString('latin1') } },
  site('IPv6 only', `Listen [::1]:{H}\n${host(NAME + ROOT, '[::1]:{H}')}`, { address: '::1' }),
  { title: 'IPv6 only, on every address', files: { 'apache2.conf': conf('Listen [::1]:{H}\nInclude site.conf'), 'site.conf': host(NAME) }, address: '::1' },
  { title: 'both families are listened on', files: { 'apache2.conf': conf('Listen 127.0.0.1:{H}\nListen [::1]:{H}\nInclude site.conf'), 'site.conf': host(NAME) }, address: '::1' },
  { title: 'Listen with a protocol, in ports.conf', files: { 'apache2.conf': conf('Include ports.conf\nInclude site.conf'), 'ports.conf': 'Listen 127.0.0.1:{H} http\n', 'site.conf': host(NAME) } },
  site('two addresses that are listened on', `Listen 127.0.0.2:{H}\n${host(NAME, '127.0.0.1:{H} 127.0.0.2:{H}')}`, { address: '127.0.0.2' }),
  site('the same name on two addresses', `Listen 127.0.0.2:{H}\n${host(`${NAME}    SetEnv FIRST 1\n`, '127.0.0.1:{H}')}${host(NAME, '127.0.0.2:{H}')}`),
  site('the same name twice', host(`${NAME}    SetEnv FIRST 1\n`) + host(NAME)),
  site('a name as address', host(NAME, 'localhost:{H}')),
  site('any address and any port', host(NAME, '*:*')),
  site('_default_ with the name', host(NAME, '_default_:{H}')),
  site('_default_ of any port beside', host('    ServerName other.example.com\n', '_default_:*') + host(NAME)),
  site('in no host, one and _default_', host(ROOT, '_default_:{H}') + host('    ServerName other.example.com\n'), { names: ['new.example.com'] }),
  site('in no host, one in both ways', host('    ServerName other.example.com\n') + host(`    ServerName other.example.com\n${TLS}`, '*:{S}'), { names: ['new.example.com'], refused: true }),
  site('the name only as an alias', host('    ServerAlias example.com www.example.com\n')),
  site('the name only in the server itself', `ServerName example.com\n${host(ROOT)}`),
  site('a nameless one before it', host(`${ROOT}    Redirect 404 /\n`) + host(NAME)),
  site('three hosts, the last has the name', host('    ServerName a.example.com\n') + host('    ServerName b.example.com\n    ServerAlias *.b.example.com\n') + host(`    ServerName c.example.com\n    ServerAlias example.com\n`)),
  site('a wildcard beside the name', host('    ServerName all.example.org\n    ServerAlias *.example.com\n') + host('    ServerName www.example.com\n'), { names: ['www.example.com'] }),
  site('many aliases', host(`${NAME}${Array.from({ length: 60 }, (_, n) => `    ServerAlias a${n}.example.org b${n}.example.org\n`).join('')}`)),
  site('UseCanonicalName', host(`${NAME}    ServerAlias www.example.com\n    UseCanonicalName On\n`), { names: ['example.com', 'www.example.com'] }),
  site('ServerPath', host(`${NAME}    ServerPath /example\n`)),
  site('NameVirtualHost of old', `NameVirtualHost *:{H}\n${host(NAME)}`),
  site('an Alias of its own for .well-known', host(`${NAME}    Alias /.well-known {R}/nothing\n    <Location /.well-known>\n        Require all denied\n    </Location>\n`)),
  site('Require all denied', host(`${NAME}    <Location />\n        Require all denied\n    </Location>\n    <Directory {R}>\n        Require all denied\n    </Directory>\n`)),
  site('a proxy with an exception', host(`${NAME}    ProxyPass /.well-known/ !\n    ProxyPass / http://127.0.0.1:18998/ retry=0 timeout=1\n    <Proxy "http://127.0.0.1:18998/*">\n        Require all granted\n    </Proxy>\n`)),
  site('a proxy by mod_rewrite', host(`${NAME}    RewriteEngine On\n    RewriteCond %{HTTP:Upgrade} websocket [NC]\n    RewriteRule ^/(.*) "ws://127.0.0.1:18998/$1" [P,L]\n`)),
  site('a redirect of a part', host(`${NAME}    Redirect 410 /gone\n    Redirect permanent /old https://example.com/new\n    RedirectMatch ^/x(.*)$ https://elsewhere.example.org/$1\n`)),
  site('a redirect to https by RedirectMatch', host(`${NAME}    RedirectMatch permanent ^/(.*)$ https://example.com/$1\n`)),
  site('a redirect to https in a Location', host(`${NAME}    <Location />\n        Redirect permanent https://example.com/\n    </Location>\n`)),
  site('a redirect to https in an If', host(`${NAME}    <If "%{HTTPS} != 'on'">\n        Redirect permanent / https://example.com/\n    </If>\n`)),
  site('a redirect to https in an IfModule', host(`${NAME}    <IfModule mod_alias.c>\n        Redirect permanent / https://example.com/\n    </IfModule>\n`)),
  site('a redirect to www and https at once', host(`${NAME}    ServerAlias www.example.com\n    RewriteEngine on\n    RewriteCond %{HTTPS} off [OR]\n    RewriteCond %{HTTP_HOST} !^www\\. [NC]\n    RewriteRule ^(.*)$ https://www.example.com$1 [R=301,L]\n`), { names: ['example.com', 'www.example.com'] }),
  site('a chained redirect', host(`${NAME}    RewriteEngine on\n    RewriteRule ^/a - [C]\n    RewriteRule ^(.*)$ https://example.com$1 [R,L]\n`)),
  site('a condition without a rule of https', host(`${NAME}    RewriteEngine on\n    RewriteCond %{REQUEST_URI} !^/\\.well-known/\n    RewriteCond %{QUERY_STRING} ^$\n    RewriteRule ^/(.*)$ https://%{SERVER_NAME}/$1 [R=302,L]\n    RewriteRule ^/b$ /c [PT]\n`)),
  site('rules of the server are inherited', `RewriteEngine on\nRewriteCond %{HTTPS} off\nRewriteRule ^/forced https://%{HTTP_HOST}/forced [R,L]\n${host(`${NAME}    RewriteEngine on\n    RewriteOptions Inherit\n`)}`),
  site('rewrites in a Location', host(`${NAME}    <Location />\n        RewriteEngine on\n        RewriteRule ^ - [E=X:1]\n    </Location>\n    RewriteEngine on\n    RewriteRule ^/(.*)/$ /$1 [R=301,L]\n`)),
  site('a map of rewrites', `RewriteEngine on\n${host(`${NAME}    RewriteEngine on\n    RewriteMap lc int:tolower\n    RewriteCond %{REQUEST_URI} [A-Z]\n    RewriteRule ^(.*)$ \${lc:$1} [R=302,L]\n`)}`),
  site('the https port without TLS', host(NAME, '*:{H}') + host(NAME, '*:{S}') + 'Listen 127.0.0.1:{S} http\n'),
  site('SSLEngine off on the https port', host(NAME) + host(`${NAME}    SSLEngine off\n`, '*:{S}') + 'Listen 127.0.0.1:{S} http\n'),
  site('a nameless TLS host by default', `<IfModule mod_ssl.c>\n${host(`    ServerAdmin webmaster@localhost\n${ROOT}${TLS}    <FilesMatch "\\.(?:cgi|shtml|phtml|php)$">\n        SSLOptions +StdEnvVars\n    </FilesMatch>\n    SetEnvIf User-Agent "MSIE [2-6]" \\\n        nokeepalive ssl-unclean-shutdown \\\n        downgrade-1.0 force-response-1.0\n`, '_default_:{S}')}</IfModule>\n${host(NAME)}`, { keepsOld: true }),
  site('TLS, certificate by variables', `Define CERT {C}\nDefine KEY {K}\n${host(NAME)}${host(`${NAME}    SSLEngine on\n    SSLCertificateFile \${CERT}\n    SSLCertificateKeyFile \${KEY}\n`, '*:{S}')}`),
  site('TLS by a macro', `<Macro Tls $cert $key>\nSSLEngine on\nSSLCertificateFile $cert\nSSLCertificateKeyFile $key\n</Macro>\n${host(NAME)}${host(`${NAME}    Use Tls {C} {K}\n`, '*:{S}')}`, { keepsOld: true }),
  site('the name by a macro', `<Macro Named $name>\nServerName $name\n</Macro>\n${host('    Use Named example.com\n')}`),
  site('a macro with blocks and a variable', `Define BASE {R}\n<Macro Folder $path>\n<Directory $path>\n    Require all granted\n</Directory>\n</Macro>\nUndefMacro Folder\n<Macro Folder $path>\n<Directory \${BASE}/$path>\n    Require all granted\n</Directory>\n</Macro>\n${host(`${NAME}    Use Folder public\n`)}`),
  site('TLS with clients and more settings', host(NAME) + host(`${NAME}${TLS}    SSLCACertificateFile {C}\n    SSLVerifyClient optional\n    SSLVerifyDepth 2\n    SSLProtocol -all +TLSv1.2 +TLSv1.3\n    SSLCipherSuite HIGH:!aNULL\n    SSLOptions +StrictRequire\n    SSLSessionTickets off\n`, '*:{S}')),
  site('TLS and plain on one address', host(NAME, '127.0.0.1:{H}') + host(NAME + TLS, '127.0.0.1:{S}')),
  site('TLS with old headers', host(NAME) + host(`${NAME}${TLS}    Header always set Strict-Transport-Security "max-age=63072000; includeSubDomains"\n    RequestHeader set X-Forwarded-Proto https\n    RewriteEngine on\n    RewriteCond %{HTTP_HOST} ^www\\.\n    RewriteRule ^ https://example.com%{REQUEST_URI} [R=301,L]\n`, '*:{S}')),
  site('sections in sections', `<IfModule mod_alias.c>\n<IfDefine !NOTHING>\n<IfVersion >= 2.4.1>\n${host(`    <IfModule mod_rewrite.c>\n        <IfDefine !OTHER>\n            ServerName example.com\n        </IfDefine>\n    </IfModule>\n`)}</IfVersion>\n</IfDefine>\n</IfModule>\n`),
  site('Define in a host', host(`    Define inside example.com\n    ServerName \${inside}\n    DocumentRoot "{R}/a b"\n`)),
  site('a closing in strings', host(`${NAME}    ErrorDocument 404 "no </VirtualHost> here"\n    SetEnv A "<VirtualHost *>"\n    SetEnv B 'a "b" \\'c\\''\n    Header set X-Y "a\\\\"\n`)),
  site('spaces, tabs and form feeds', `<VirtualHost\t  *:{H}  >\n\t \fServerName \t example.com\t \n  \t\n\n\n\tServerAlias\twww.example.com\n</VirtualHost>\n`, { names: ['example.com', 'www.example.com'] }),
  site('both line endings', `# one\r\n${host(NAME).replace('\n', '\r\n')}# two\r\n${host('    ServerName b.example.com\n')}`),
  site('two backslashes before an empty line', host(`${NAME}    # x \\\\\n\n    nonsense </VirtualHost>\n    SetEnv B "y\\\\"\n`)),
  site('values that are not UTF-8', host(`${NAME}    SetEnv CITY "K\xf6ln"\n    # \xa0\x80\n    Header set X-City "\xff\xfe"\n`)),
  site('an international name', host('    ServerName xn--bcher-kva.example.com\n    ServerAlias b.example.com\n'), { names: ['xn--bcher-kva.example.com'] }),
  { title: 'includes in includes', files: { 'apache2.conf': conf(`${LISTEN}\nInclude a/1.conf`), 'a/1.conf': 'Include a/b/*.conf\n', 'a/b/2.conf': 'IncludeOptional {R}/a/b/c/[0-9].conf\n', 'a/b/c/3.conf': '<IfModule mod_alias.c>\nInclude site.conf\n</IfModule>\n', 'site.conf': host(NAME) } },
  { title: 'another ending than .conf', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites/*.vhost`), 'sites/example.vhost': host(NAME), 'sites/b.vhost': host('    ServerName b.example.com\n') } },
  { title: 'file names with spaces and signs', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional "sites enabled/*.conf"`), "sites enabled/it's #1.conf": host(NAME) } },
  { title: 'a file name with signs, included by name', files: { 'apache2.conf': conf(`${LISTEN}\nInclude "sites enabled/a b$c.conf"`), 'sites enabled/a b$c.conf': host(NAME) } },
  { title: 'a path with dots', files: { 'apache2.conf': conf(`${LISTEN}\nInclude sites/../conf.d/./site.conf`), 'conf.d/site.conf': host(NAME), 'sites/empty.conf': '' } },
  { title: 'a pattern in the host', files: { 'site.conf': host('    IncludeOptional snippets/*.conf\n    IncludeOptional nothing/*.conf\n'), 'snippets/a.conf': 'ServerName example.com\n', 'snippets/b.conf': '<Location /b>\n    Require all denied\n</Location>\n' } },
  { title: 'a redirect to https from a snippet', files: { 'site.conf': host(`${NAME}    Include snippets/https.conf\n`), 'snippets/https.conf': 'RewriteEngine on\nRewriteCond %{HTTPS} !=on\nRewriteRule ^/?(.*) https://%{SERVER_NAME}/$1 [R=301,L]\n' } },
  { title: 'a shared redirect to https without a condition', files: { 'site.conf': host(`${NAME}    Include snippets/https.conf\n`) + host('    ServerName b.example.com\n    Include snippets/https.conf\n'), 'snippets/https.conf': 'RewriteEngine on\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [R=301,L]\n' } },
  { title: 'sites-enabled is itself a link', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites-enabled/*.conf`), 'sites-available/example.conf': host(NAME) }, links: { 'sites-enabled': 'sites-available' } },
  { title: 'a link to a link', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites-enabled/*.conf`), 'elsewhere/real.conf': host(NAME), 'sites-available/.keep': '' }, links: { 'sites-available/example.conf': '../elsewhere/real.conf', 'sites-enabled/050-example.conf': '../sites-available/example.conf' } },
  { title: 'many sites in many files', files: { 'apache2.conf': conf(`${LISTEN}\nIncludeOptional sites/*.conf`), ...Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`sites/${n}.conf`, host(`    ServerName site${n}.example.com\n${ROOT}`)])) }, names: ['site42.example.com'] },
];

/** The same trees written otherwise: what surrounds an edit must not matter to it. */
const variations: readonly { title: string; of: (text: string) => string; fits: (tree: ApacheTreeOfTests) => boolean }[] = [
  { title: 'CRLF', of: (text) => text.replaceAll('\n', '\r\n'), fits: () => true },
  { title: 'tabs', of: (text) => text.replace(/^( {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4)), fits: ({ files }) => Object.values(files).some((text) => /^ {4}/m.test(text)) },
];

/** The first ones of all; the others are variations. */
export const apacheTreesAsWritten = base.length;

export const apacheTrees: readonly ApacheTreeOfTests[] = [
  ...base,
  ...variations.flatMap(({ title, of, fits }) => base.filter(fits).map((tree) => ({ ...tree, title: `${tree.title}, ${title}`, files: Object.fromEntries(Object.entries(tree.files).map(([path, text]) => [path, of(text)])) }))),
];

/** All files of a tree, the root file too. */
export function filesOfTree(tree: ApacheTreeOfTests): Readonly<Record<string, string>> {
  return tree.files['apache2.conf'] !== undefined || tree.files['httpd.conf'] !== undefined ? tree.files : { 'apache2.conf': conf(`${LISTEN}\nInclude site.conf`), ...tree.files };
}
