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
