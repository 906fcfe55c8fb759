import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { begin, grow, idOf, nextStep, STEPS } from '../../../src/plugins/apache/auto-hsts.js';
import { storageWith } from '../../../src/plugins/apache/auto-hsts-state.js';
import { giveCertificate } from '../../../src/plugins/apache/certificate.js';
import { challengeEdits } from '../../../src/plugins/apache/challenge.js';
import { chooseVhost, coveredBy } from '../../../src/plugins/apache/choose.js';
import { conditionHolds } from '../../../src/plugins/apache/conditions.js';
import { parseRun } from '../../../src/plugins/apache/control.js';
import { addHsts, addStapling, addUir } from '../../../src/plugins/apache/enhance.js';
import { addListen } from '../../../src/plugins/apache/listen.js';
import { enabling } from '../../../src/plugins/apache/modules.js';
import { apacheSettings } from '../../../src/plugins/apache/options.js';
import { optionsFile } from '../../../src/plugins/apache/options-file.js';
import { planRedirect, redirectEdits, redirectHost } from '../../../src/plugins/apache/redirect.js';
import { definesIn, systemOf } from '../../../src/plugins/apache/systems.js';
import { tlsCopy } from '../../../src/plugins/apache/tls-copy.js';
import { readTree, type ApacheTree, type ConfigurationFiles } from '../../../src/plugins/apache/tree.js';
import { addressText, placeOf, vhostsOf, type Vhost } from '../../../src/plugins/apache/vhosts.js';
import { EditList, spliced } from '../../../src/plugins/server-configuration/edits.js';

const treeOf = (text: string, more: Readonly<Record<string, string>> = {}): ApacheTree => {
  const files: Readonly<Record<string, string>> = { '/e/apache2.conf': text, ...more };
  const disk: ConfigurationFiles = {
    read(path) {
      const found = files[path];
      if (found === undefined) throw new Error(`no such file: ${path}`);
      return found;
    },
    real: (path) => path,
    list: () => [],
    kind: (path) => (files[path] === undefined ? null : 'file'),
  };
  return readTree('/e', '/e/apache2.conf', { modules: ['ssl_module'], defines: new Map(), environment: {}, version: [2, 4, 71] }, disk);
};
const vhosts = (text: string): readonly Vhost[] => vhostsOf(treeOf(text), 443);
const host = (inside: string, addresses = '*:80'): string => `<VirtualHost ${addresses}>\n${inside}\n</VirtualHost>\n`;
const edited = (text: string, change: (tree: ApacheTree, hosts: readonly Vhost[], edits: EditList) => void): string => {
  const tree = treeOf(text);
  const edits = new EditList();
  change(tree, vhostsOf(tree, 443), edits);
  return spliced(text, edits.all().get('/e/apache2.conf') ?? []);
};

describe('systems (certbot 5.5)', () => {
  it.each([
    [{ id: 'debian', like: [], version: '12' }, { ctl: 'apache2ctl', handleModules: true, vhostRoot: '/etc/apache2/sites-available' }],
    [{ id: 'raspbian', like: ['debian'], version: '12' }, { handleSites: true }],
    [{ id: 'pop', like: ['ubuntu', 'debian'], version: '22.04' }, { handleSites: true }],
    // certbot takes the last word alone, and so thinks of Fedora, or of nothing.
    [{ id: 'rocky', like: ['rhel', 'centos', 'fedora'], version: '9.3' }, { ctl: 'apachectl', bin: 'httpd', serverRoot: '/etc/httpd', repair: null }],
    [{ id: 'unknown', like: ['suse', 'nobody'], version: '1' }, { vhostRoot: '/etc/apache2/vhosts.d', ctl: 'apachectl' }],
    [{ id: 'rhel', like: ['fedora'], version: '8.9' }, { bin: null, otherRestart: true }],
    [{ id: 'fedora', like: [], version: '39' }, { bin: 'httpd', repair: ['systemctl', 'restart', 'httpd'] }],
    [{ id: 'fedora', like: [], version: '28' }, { bin: null, repair: null }],
    [{ id: 'amzn', like: ['fedora'], version: '2' }, { serverRoot: '/etc/httpd' }],
    [{ id: 'nobody', like: [], version: '' }, { serverRoot: '/etc/apache2', handleModules: false }],
    [{ id: 'constructor', like: [], version: '' }, { serverRoot: '/etc/apache2' }],
  ])('%j', (system, expected) => expect(systemOf(system)).toMatchObject(expected));

  it('defines of a file of the shell', () => {
    expect([...definesIn('A=b\nOPTIONS="-D FOREGROUND -DSSL -D X=y"\n', 'OPTIONS')]).toEqual([['FOREGROUND', ''], ['SSL', ''], ['X', 'y']]);
    expect(definesIn('# OPTIONS="-D NO"\n', 'OPTIONS').size).toBe(0);
  });

  it('folders that nobody named go with the server root', () => {
    expect(apacheSettings({ apache_server_root: '/x', apache_challenge_location: '/etc/apache2', apache_handle_sites: 'False' })).toMatchObject({ serverRoot: '/x', challengeLocation: '/x', newVhostRoot: '/x/sites-available', vhostRoot: null, handleSites: false });
    expect(apacheSettings({ apache_challenge_location: '/y', apache_vhosts: ['a:1'] })).toMatchObject({ challengeLocation: '/y', vhosts: ['a:1'] });
  });
});

describe('sections that are decided while reading', () => {
  const circumstances = { modules: new Set(['ssl_module', 'mpm_event_module', 'http_module', 'php7_module']), variables: new Map([['X', '']]), version: [2, 4, 71], base: '/e', kind: (path: string) => (path === '/e/there' ? ('file' as const) : null) };
  it.each([
    ['ifmodule', ['mod_ssl.c'], true],
    ['ifmodule', ['ssl_module'], true],
    ['ifmodule', ['!ssl_module'], false],
    ['ifmodule', ['event.c'], true],
    ['ifmodule', ['prefork.c'], false],
    ['ifmodule', ['http_core.c'], true],
    ['ifmodule', ['mod_php7.c'], true],
    ['ifmodule', ['MOD_SSL.c'], false],
    ['ifdefine', ['X'], true],
    ['ifdefine', ['!X'], false],
    ['iffile', ['there'], true],
    ['iffile', ['/not/there'], false],
    ['ifdirective', ['SSLEngine'], true],
    ['ifversion', ['2.4'], false],
    ['ifversion', ['2.4.71'], true],
    ['ifversion', ['>', '2.4'], true],
    ['ifversion', ['<=', '2.4'], false],
    ['ifversion', ['!<', '2.4'], true],
    ['ifversion', ['~', '^2\\.4'], true],
    ['ifversion', ['!~', '2.5'], true],
    ['ifversion', ['=', '/2.4/'], true],
    ['ifversion', ['~', '('], false],
  ])('%s %j: %s', (name, values, holds) => expect(conditionHolds(name, values, circumstances)).toBe(holds));
});

describe('which host', () => {
  const chosen = (text: string, name: string): string => {
    const choice = chooseVhost(vhosts(text), name);
    return choice.kind === 'ask' ? `ask ${choice.recommended.map(placeOf).join(' ')}`.trim() : `${placeOf(choice.vhost)}${choice.added ? ' added' : ''}`;
  };
  const two = host('ServerName a.example.com') + host('ServerName b.example.com\nServerAlias *.example.com');
  it.each([
    ['the name', two, 'a.example.com', '/e/apache2.conf:1'],
    ['a pattern', two, 'c.example.com', '/e/apache2.conf:4'],
    ['TLS before plain', two + host('ServerAlias *.example.com', '*:443'), 'a.example.com', '/e/apache2.conf:8'],
    ['an address that is the name', host('', 'a.example.com:80') + two, 'a.example.com', '/e/apache2.conf:4'],
    ['an address when there is no name', host('', 'x.example.org:80') + two, 'x.example.org', '/e/apache2.conf:1 added'],
    ['the first of equals', host('ServerName a') + host('ServerName a'), 'a', '/e/apache2.conf:1'],
    ['the only one', host('ServerName a'), 'new.example.org', '/e/apache2.conf:1 added'],
    ['the only one but _default_', host('', '_default_:80') + host('ServerName a'), 'new.example.org', '/e/apache2.conf:4 added'],
    ['none of several', two, 'new.example.org', 'ask'],
    ['a wildcard', two + host('ServerName a.example.com', '*:443'), '*.example.com', 'ask /e/apache2.conf:4 /e/apache2.conf:8'],
    ['a macro is none', `<Macro M $n>\n${host('ServerName $n')}</Macro>\n${host('ServerName a')}`, 'x', '/e/apache2.conf:6 added'],
  ])('%s', (_, text, name, expected) => expect(chosen(text, name)).toBe(expected));

  it('a wildcard stands for one label', () => {
    expect(coveredBy('a.example.com', '*.example.com')).toBe(true);
    expect(coveredBy('a.b.example.com', '*.example.com')).toBe(false);
    expect(coveredBy('example.com', '*.example.com')).toBe(false);
    expect(coveredBy('*.example.com', '*.example.com')).toBe(true);
  });

  it('addresses, as they are written', () => {
    expect(vhosts('<VirtualHost *:80 [::1]:8080 10.0.0.1 host.example.com:* _default_:443>\n</VirtualHost>')[0]?.addresses.map(addressText)).toEqual(['*:80', '[::1]:8080', '10.0.0.1', 'host.example.com', '_default_:443']);
  });
});

describe('Listen', () => {
  it.each([
    ['Listen 80\n', 443, 'Listen 80\n<IfModule mod_ssl.c>\n    Listen 443\n</IfModule>\n'],
    ['Listen 80\nListen 1.2.3.4:443\n', 443, 'Listen 80\nListen 1.2.3.4:443\n'],
    ['Listen 1.2.3.4:80\nListen [::1]:80', 8443, 'Listen 1.2.3.4:80\nListen [::1]:80\n<IfModule mod_ssl.c>\n    Listen 1.2.3.4:8443 https\n    Listen [::1]:8443 https\n</IfModule>\n'],
    ['<IfModule ssl_module>\n\tServerTokens Prod\n</IfModule>\nListen 80\n', 443, '<IfModule ssl_module>\n\tServerTokens Prod\n\tListen 443\n</IfModule>\nListen 80\n'],
    ['Listen 80\\\n', 443, 'Listen 80\\\n\n<IfModule mod_ssl.c>\n    Listen 443\n</IfModule>\n'],
    ['Listen 80\n# \\', 443, 'Listen 80\n# \\\n\n<IfModule mod_ssl.c>\n    Listen 443\n</IfModule>\n'],
    ['', 443, '<IfModule mod_ssl.c>\n    Listen 443\n</IfModule>\n'],
  ])('%j, %d', (text, port, expected) => expect(edited(text, (tree, _, edits) => void addListen(tree, '/e', port, { https: true }, edits))).toBe(expected));
});

describe('modules', () => {
  it('are enabled with what they need, each with the command that undoes it', () => {
    expect(enabling(['socache_shmcb', 'ssl'], new Set(['mime_module']), { enmod: 'a2enmod', dismod: 'a2dismod', serverRoot: '/etc/apache2' })).toEqual({
      modules: ['socache_shmcb_module', 'setenvif_module', 'ssl_module'],
      commands: ['socache_shmcb', 'setenvif', 'ssl'].map((name) => ({ run: ['a2enmod', name], undo: ['a2dismod', '-f', name] })),
    });
  });
  it('that nobody may enable are asked for in certbot’s words', () => {
    expect(() => enabling(['ssl'], new Set(), null)).toThrow('Could not find ssl_module; not installing certificate.');
    expect(() => enabling(['rewrite'], new Set(), null)).toThrow('Apache needs to have module "rewrite" active for the requested installation options.');
    expect(enabling(['socache_shmcb', 'ssl'], new Set(['ssl_module']), null).commands).toEqual([]);
  });
});

describe('hardening', () => {
  const tls = host('    ServerName a', '*:443');
  const harden = (text: string, change: (vhost: Vhost, edits: EditList, tree: ApacheTree) => unknown): string => edited(text, (tree, [vhost], edits) => void (vhost && change(vhost, edits, tree)));
  it('HSTS once', () => {
    const once = harden(tls, (vhost, edits) => addHsts(vhost, 31_536_000, edits));
    expect(once).toBe(host('    ServerName a\n    Header always set Strict-Transport-Security "max-age=31536000"', '*:443'));
    expect(harden(once, (vhost, edits) => addHsts(vhost, 31_536_000, edits))).toBe(once);
  });
  it('upgrade-insecure-requests stands beside a policy of the site', () => {
    expect(harden(tls, addUir)).toContain('Header always set Content-Security-Policy upgrade-insecure-requests');
    const own = host('Header always set Content-Security-Policy "default-src \'self\'"', '*:443');
    expect(harden(own, addUir)).toContain('Header always append Content-Security-Policy upgrade-insecure-requests');
    const has = host('Header set Content-Security-Policy "upgrade-insecure-requests; x"', '*:443');
    expect(harden(has, addUir)).toBe(has);
  });
  it('stapling with one cache', () => {
    const once = harden(tls, (vhost, edits, tree) => addStapling(tree, vhost, 'shmcb:x(128000)', { cacheAdded: false }, edits));
    expect(once).toContain('    SSLUseStapling on\n');
    expect(once).toContain('<IfModule mod_ssl.c>\n    SSLStaplingCache shmcb:x(128000)\n</IfModule>\n');
    expect(harden(once, (vhost, edits, tree) => addStapling(tree, vhost, 'shmcb:x(128000)', { cacheAdded: false }, edits))).toBe(once);
  });
  it('HSTS that grows: begins with a minute, once in 48 hours, the rest when the certificate was renewed', () => {
    const begun = harden(tls, begin);
    expect(begun).toContain('Header always set Strict-Transport-Security "max-age=60"');
    const [vhost] = vhosts(begun);
    if (!vhost) throw new Error('no host');
    expect(idOf(vhost)).toMatch(/^[0-9a-f]{32}$/);
    expect(begin(vhost, new EditList())).toBeNull();
    expect(harden(begun, (each, edits) => grow(each, 300, edits))).toBe(begun.replace('max-age=60', 'max-age=300'));
    const day = 86_400;
    expect(nextStep({ laststep: 0, timestamp: 0 }, 2 * day - 1, { renewed: true })).toEqual({ kind: 'wait' });
    expect(nextStep({ laststep: 0, timestamp: 0 }, 2 * day, { renewed: false })).toEqual({ kind: 'set', seconds: 300, done: false });
    expect(nextStep({ laststep: STEPS.length - 1, timestamp: 0 }, 9 * day, { renewed: false })).toEqual({ kind: 'wait' });
    expect(nextStep({ laststep: STEPS.length - 1, timestamp: 0 }, 0, { renewed: true })).toEqual({ kind: 'set', seconds: 31_536_000, done: true });
    expect(JSON.parse(storageWith('{"nginx": {"a": 1}, "apache": {"b": 2, "autohsts": {"old": {"laststep": 1, "timestamp": 1.5}}}}', (state) => ({ ...state, new: { laststep: 0, timestamp: 2 } })))).toEqual({ nginx: { a: 1 }, apache: { b: 2, autohsts: { old: { laststep: 1, timestamp: 1.5 }, new: { laststep: 0, timestamp: 2 } } } });
  });
  it("a mark of certbot's is found", () => {
    expect(idOf(vhosts(host('#DO NOT REMOVE - Managed by Certbot, VirtualHost id: abc123', '*:443'))[0] as Vhost)).toBe('abc123');
  });
});

describe('which hosts answer a challenge', () => {
  const answering = (text: string, ...names: string[]): string => {
    const tree = treeOf(text);
    const edits = new EditList();
    const files = challengeEdits(tree, vhostsOf(tree, 443), names.map((name) => ({ name, token: `t-${name.length}`, keyAuthorization: 'k' })), { http: 80, serverRoot: '/e' }, { location: '/l', answers: '/w/http_challenges' }, edits);
    expect(files.map(({ path }) => path).slice(0, 2)).toEqual(['/l/le_http_01_challenge_pre.conf', '/l/le_http_01_challenge_post.conf']);
    const after = treeOf(spliced(text, edits.all().get('/e/apache2.conf') ?? []));
    return [...vhostsOf(after, 443).map(({ statements }) => (statements[0]?.values[0] === files[0]?.path && statements.at(-1)?.values[0] === files[1]?.path ? 'yes' : 'no')), ...(after.statements.at(-1)?.values[0] === files[1]?.path ? ['server'] : [])].join(' ');
  };
  const LISTEN = 'Listen 80\n';
  const named = host('ServerName a') + host('ServerName b') + host('ServerName a', '*:443') + host('ServerAlias *.x');
  it.each([
    ['those of the name, plain and TLS, and the one without a ServerName', LISTEN + named, ['a'], 'yes no yes yes'],
    ['a name in none: all plain ones of the port', LISTEN + named, ['c'], 'yes yes no yes'],
    ['one of the port is enough', LISTEN + host('ServerName a') + host('ServerName a', '*:8080') + host('ServerName b'), ['a'], 'yes yes no'],
    ['a name on another port only', LISTEN + host('ServerName a', '*:8080') + host('ServerName b'), ['a'], 'yes yes'],
    ['inside a macro', `${LISTEN}<Macro M $n>\n${host('ServerName $n')}</Macro>\n${host('ServerName a')}${host('ServerName b')}`, ['a'], 'yes yes no'],
    ['no hosts: the server itself', LISTEN, ['a'], 'server'],
    ['none on the port: the server itself', `${LISTEN}${host('ServerName a', '*:8080')}`, ['a'], 'yes server'],
  ])('%s', (_, text, names, expected) => expect(answering(text, ...names)).toBe(expected));
});

describe('the redirect of a plain host', () => {
  const redirected = (inside: string, names = ['a.example.com']): string =>
    edited(host(inside), (_, [vhost], edits) => void (vhost && redirectEdits({ vhost, names, added: [] }, edits))).replace(/^<VirtualHost \*:80>\n([^]*)\n<\/VirtualHost>\n$/, '$1');
  const RULE = 'RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]';
  it('at the end, with a condition for each name', () => {
    expect(redirected('ServerName a.example.com', ['a.example.com', '*.b.example.com'])).toBe(`ServerName a.example.com\nRewriteEngine on\nRewriteCond %{SERVER_NAME} =a.example.com [OR]\nRewriteCond %{SERVER_NAME} ^[^.]+\\.b\\.example\\.com$\n${RULE}`);
  });
  it('with a name that it is not asked for yet', () => {
    expect(edited(host('ServerName a'), (_, [vhost], edits) => void (vhost && redirectEdits({ vhost, names: ['b'], added: ['b'] }, edits)))).toBe(host(`ServerName a\nServerAlias b\nRewriteEngine on\nRewriteCond %{SERVER_NAME} =b\n${RULE}`));
  });
  it('before rules of the site, which might end the matter', () => {
    expect(redirected('ServerName a.example.com\nRewriteEngine On\nRewriteRule . /index.php [L]')).toBe(`RewriteCond %{SERVER_NAME} =a.example.com\n${RULE}\nServerName a.example.com\nRewriteEngine On\nRewriteRule . /index.php [L]`);
  });
  it.each([
    ['by mod_alias', 'ServerName a.example.com\nRedirect 301 / https://a.example.com/'],
    ['by mod_rewrite', 'RewriteEngine on\nRewriteRule ^/?(.*) https://%{HTTP_HOST}/$1 [R]'],
    ['of plain requests only', 'RewriteEngine on\nRewriteCond %{HTTPS} !=on\nRewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]'],
    ['of its own, without conditions', `RewriteEngine on\n${RULE}`],
    ['of its own', `RewriteEngine on\nRewriteCond %{SERVER_NAME} =a.example.com\n${RULE}`],
  ])('is there already: %s', (_, inside) => expect(redirected(inside)).toBe(inside));
  it.each([
    ['to a folder only', 'ServerName a.example.com\nRedirect /old https://a.example.com/'],
    ['to another host', 'ServerName a.example.com\nRedirect / https://other.example.org/'],
    ['of a chain', 'RewriteEngine on\nRewriteRule ^/a - [NC,C]\nRewriteRule ^ https://a.example.com%{REQUEST_URI} [R]'],
    ['on a condition', 'RewriteEngine on\nRewriteCond %{HTTP_HOST} ^www\nRewriteRule ^ https://a.example.com%{REQUEST_URI} [R]'],
  ])('is not there yet: %s', (_, inside) => expect(redirected(inside)).toContain(RULE));
  it('of an earlier release is brought up to date, and gets the names that it lacks', () => {
    expect(redirected('    RewriteEngine on\n    RewriteCond %{SERVER_NAME} =b.example.com\n    RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [L,NE,R=permanent]')).toBe(`    RewriteEngine on\n    RewriteCond %{SERVER_NAME} =a.example.com [OR]\n    RewriteCond %{SERVER_NAME} =b.example.com\n    ${RULE}`);
  });
});

describe('which plain host is redirected', () => {
  const partners = (text: string): string[] => {
    const all = vhosts(text);
    const plan = planRedirect(all, new Map(all.filter(({ tls }) => tls).map((vhost) => [vhost, vhost.names])), { extension: '-le-ssl.conf', vhostRoot: null, httpPort: 80 });
    return [...plan.hosts.map(({ vhost, names, added }) => `${placeOf(vhost)} ${names.join(' ')}${added.map((name) => ` +${name}`).join('')}`), ...plan.made.map(({ names }) => `made ${names.join(' ')}`)];
  };
  it.each([
    ['one that shares a name', host('', '*:80') + host('ServerName a\nServerAlias *b') + host('ServerName a\nServerAlias b', '*:443'), ['/e/apache2.conf:4 a b']],
    ['one that shares a name and gets the other one too, for the first one would be asked for it', host('', '*:80') + host('ServerName a') + host('ServerName a\nServerAlias b', '*:443'), ['/e/apache2.conf:4 a b +b']],
    ['one whose pattern comes before the name, too', host('ServerName x\nServerAlias *.a') + host('ServerName b.a') + host('ServerName b.a', '*:443'), ['/e/apache2.conf:5 b.a', '/e/apache2.conf:1 b.a']],
    ['one whose pattern comes behind the name is not', host('ServerName b.a') + host('ServerName x\nServerAlias *.a') + host('ServerName b.a', '*:443'), ['/e/apache2.conf:1 b.a']],
    ['one by its pattern; one is made for what no other is asked for', host('ServerName x\nServerAlias *.a') + host('ServerName b.a\nServerAlias c', '*:443'), ['/e/apache2.conf:1 b.a', 'made c']],
    ['one that is the only one of the port', host('ServerName a') + host('', '*:8080') + host('ServerName a\nServerAlias b', '*:443'), ['/e/apache2.conf:1 a b']],
    ['all on the port', host('ServerName a', '10.0.0.1:80') + host('ServerName a', '10.0.0.2:80') + host('ServerName a', '*:8080') + host('ServerName a', '*:443'), ['/e/apache2.conf:1 a', '/e/apache2.conf:4 a']],
    ['not a nameless one of somebody else', host('DocumentRoot /x') + host('ServerName a', '*:443'), ['made a']],
    ['not one of a macro', `<Macro M>\n${host('ServerName a')}</Macro>\n${host('ServerName a', '*:443')}`, ['made a']],
  ])('%s', (_, text, expected) => expect(partners(text)).toEqual(expected));
});

describe('the TLS copy of a plain host', () => {
  const copy = (text: string, more?: Readonly<Record<string, string>>): { text: string; disabled: boolean } => {
    const tree = treeOf(text, more);
    const [vhost] = vhostsOf(tree, 443);
    if (!vhost) throw new Error('no host');
    return tlsCopy(vhost, 443, tree.variables);
  };
  it('is on the https port, each address once', () => {
    expect(copy(host('    ServerName a', '*:80 *:8080 [::1]:80'))).toEqual({ text: `<IfModule mod_ssl.c>\n${host('    ServerName a', '*:443 [::1]:443')}</IfModule>\n`, disabled: false });
  });
  it('does not send to https what is there already: rules with their conditions, lines that go on, and Redirect', () => {
    const { text, disabled } = copy(host('    ServerName a.example.com\n    RewriteCond %{HTTPS} \\\n        off\n    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]\n    RewriteCond %{X} y\n    RewriteRule ^ /index.php\n    Redirect permanent / https://a.example.com/\n    Redirect / https://other.example.org/\n    <Directory /x>\n        RewriteRule ^a https://%{HTTP_HOST}/b\n    </Directory>'));
    expect(disabled).toBe(true);
    expect(text).toBe(
      `<IfModule mod_ssl.c>\n${host('    ServerName a.example.com\n    # Some rewrite rules in this file were disabled on your HTTPS site,\n    # because they have the potential to create redirection loops.\n\n    # RewriteCond %{HTTPS} \\\n        off\n    # RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R]\n    RewriteCond %{X} y\n    RewriteRule ^ /index.php\n    # Redirect permanent / https://a.example.com/\n    Redirect / https://other.example.org/\n    <Directory /x>\n        # RewriteRule ^a https://%{HTTP_HOST}/b\n    </Directory>', '*:443')}</IfModule>\n`,
    );
  });
  it('does not send to https by a chain: the rules before are not left to the next one', () => {
    expect(copy(host('RewriteRule ^/a - [C]\nRewriteRule ^ https://%{HTTP_HOST}/ [R]\nRewriteRule ^/b - [C]\nRewriteRule ^/c /d')).text).toContain('\n# RewriteRule ^/a - [C]\n# RewriteRule ^ https://%{HTTP_HOST}/ [R]\nRewriteRule ^/b - [C]\nRewriteRule ^/c /d\n');
  });
  it.each([
    'RedirectMatch permanent ^/(.*)$ https://a.example.com/$1',
    'Redirect 301 "/" "https://${HOST}/"',
    '<Location "/">\n    Redirect permanent https://w.a.example.com/\n    </Location>',
  ])('does not send to https by %j', (line) => {
    const { text, disabled } = copy(`Define HOST a.example.com\n${host(`    ServerName a.example.com\n    ServerAlias *.a.example.com\n    ${line}`)}`);
    expect(disabled).toBe(true);
    expect(text).toMatch(/^ +# Redirect/m);
  });
  it.each(['RedirectMatch ^/x https://a.example.com/y', '<Location /x>\n    Redirect https://a.example.com/\n    </Location>', 'RedirectMatch ^/(.*)$ https://b.example.com/$1'])('goes on with %j', (line) => {
    expect(copy(host(`    ServerName a.example.com\n    ${line}`)).disabled).toBe(false);
  });
  it('takes in an included file that sends all to https, for other hosts may include it too', () => {
    const snippet = 'RewriteEngine on\n\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [R]\nHeader set X y\n';
    expect(copy(host('    ServerName a.example.com\n    Include ${HOST}.conf\n    SetEnv A b'), { '/e/${HOST}.conf': snippet })).toEqual({
      text: `<IfModule mod_ssl.c>\n${host('    ServerName a.example.com\n    RewriteEngine on\n\n    # Some rewrite rules in this file were disabled on your HTTPS site,\n    # because they have the potential to create redirection loops.\n\n    # RewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [R]\n    Header set X y\n    SetEnv A b', '*:443')}</IfModule>\n`,
      disabled: true,
    });
    // By its own condition it does nothing there.
    expect(copy(host('    Include s.conf'), { '/e/s.conf': `RewriteCond %{HTTPS} !=on\n${snippet.slice(18)}` }).disabled).toBe(false);
  });
  it('has variables that are others later written out', () => {
    expect(copy(`Define A one\nDefine B two\n${host('    ServerName ${A}.${B}.${C}')}Define A later\n`).text).toContain('    ServerName one.${B}.${C}\n');
  });
});

it('a host that only redirects stands on the addresses that are in use', () => {
  const [plain, tls] = vhosts(host('ServerName b', '10.0.0.1:80 10.0.0.1:8080') + host('ServerName a\nServerAlias w', '*:443'));
  if (!plain || !tls) throw new Error('no hosts');
  expect(redirectHost({ vhost: tls, names: ['a', 'w'] }, [plain, tls], { folder: '/e', logsRoot: '/l', httpPort: 80 })).toEqual({
    path: '/e/le-redirect-a.conf',
    text: '<VirtualHost 10.0.0.1:80>\nServerName a\nServerAlias w\nServerSignature Off\n\nRewriteEngine On\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]\n\nErrorLog /l/redirect.error.log\nLogLevel warn\n</VirtualHost>\n',
  });
});

it('the TLS settings are those that certbot released last, to the byte', () => {
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
  expect(digest(optionsFile([2, 4, 71]).text)).toBe('0f3d9c62d4274aca0406925dc4ee0919599c397e7463bce792a915b60060d004');
  expect(digest(optionsFile([2, 4, 7]).text)).toBe('95f7367d4905a1cd0932a35ce476b4a639e2108dbd1eedf924a5ea9e51fecaf7');
  expect(optionsFile([2, 4, 71]).released).toHaveLength(21);
  expect(new Set(optionsFile([2, 4, 71]).released).size).toBe(21);
});

it('what the server says of itself', () => {
  const run = parseRun('Included configuration files:\n  (*) /e/apache2.conf\n    (10) /e/a b.conf\nServerRoot: "/e"\nPidFile: "/run/x y.pid"\nDefine: DUMP_RUN_CFG\nDefine: ONE\nDefine: TWO=a=b\nLoaded Modules:\n core_module (static)\n ssl_module (shared)\n');
  expect(run).toEqual({ pidFile: '/run/x y.pid', defines: new Map([['ONE', ''], ['TWO', 'a=b']]), includes: ['/e/apache2.conf', '/e/a b.conf'], staticModules: ['core_module'], sharedModules: ['ssl_module'] });
});

describe('U23: both certificates of a pair', () => {
  const wish = (...names: string[]) => ({ certificates: names.map((name) => ({ certificate: `/${name}.pem`, privkey: `/${name}.key` })), chain: null, options: '/o' });
  const given = (text: string, ...names: string[]): readonly string[] =>
    edited(text, (_, hosts, edits) => giveCertificate(hosts, hosts[0]!, wish(...names), edits)).split('\n').map((line) => line.trim()).filter((line) => line.startsWith('SSLCert'));
  const both = ['SSLCertificateFile /a.pem', 'SSLCertificateFile /b.pem', 'SSLCertificateKeyFile /a.key', 'SSLCertificateKeyFile /b.key'];
  const secure = (...lines: string[]): string => host(['SSLEngine on', ...lines].join('\n'), '*:443');
  it.each<[string, readonly string[]]>([
    ['none', []],
    ['one, which stays the first', ['SSLCertificateFile /a.pem', 'SSLCertificateKeyFile /a.key']],
    ['two others', ['SSLCertificateFile /x', 'SSLCertificateFile /y', 'SSLCertificateKeyFile /x', 'SSLCertificateKeyFile /y']],
    ['three others', ['SSLCertificateFile /x', 'SSLCertificateFile /y', 'SSLCertificateFile /z', 'SSLCertificateKeyFile /x']],
    ['both in the other order', [both[1], both[0], both[3], both[2]].map(String)],
    ['both', both],
  ])('in place of %s', (_, lines) => expect([...given(secure(...lines), 'a', 'b')].sort()).toEqual(both));

  it('a host that has both is not changed', () => {
    const there = secure(...both, 'Include /o');
    expect(edited(there, (_, hosts, edits) => giveCertificate(hosts, hosts[0]!, wish('a', 'b'), edits))).toBe(there);
  });

  it('certificates and keys stand in one order, and one alone takes the place of both', () => {
    expect(given(secure('SSLCertificateKeyFile /a.key', 'SSLCertificateFile /a.pem'), 'a', 'b').filter((line) => line.includes('KeyFile'))).toEqual(both.slice(2));
    expect(given(secure(...both), 'b')).toEqual([both[1], both[3]]);
  });
});
