import type { Needed } from '../../src/core/decide/decide.js';
import type { Facts, LineageFact } from '../../src/core/decide/facts.js';
import { namesKey } from '../../src/core/decide/facts.js';
import type { InstallationFact, InstallationWish } from '../../src/core/decide/installation-choice.js';
import type { Identifier } from '../../src/core/identifier.js';

export const DAY = 86_400_000;
export const NOW = Date.UTC(2026, 10, 23, 12);
/** Version of a lineage whose certificate is revoked. */
export const REVOKED = 66;
/** A web folder that is none. */
export const NO_FOLDER = '/srv/none';
export const SERVER = 'https://ca.example/directory';

export function dns(...names: string[]): Identifier[] {
  return names.map((name) => ({ type: 'dns', value: name, shown: name }));
}

export function lineage(name: string, names: string[], more: Partial<LineageFact> = {}): LineageFact {
  return {
    name,
    identifiers: dns(...names),
    notBefore: NOW - 10 * DAY,
    notAfter: NOW + 80 * DAY,
    keyType: 'ecdsa',
    savedKeyType: 'ecdsa',
    curve: 'secp256r1',
    reuseKey: false,
    server: SERVER,
    version: 1,
    renewable: true,
    due: false,
    params: {},
    ...more,
  };
}

const plugin = (name: string, challengeTypes: string[], installer = false) => ({
  name,
  title: `By ${name}`,
  description: name,
  authenticator: true,
  installer,
  ...(installer ? { placesFlag: `--${name}-blocks` } : {}),
  challengeTypes,
  ipAddresses: true,
});

export function facts(more: Partial<Facts> = {}): Facts {
  return {
    now: NOW,
    folder: '/home/me',
    lineages: [],
    broken: [],
    accounts: [{ id: 'a'.repeat(32), server: SERVER, uri: `${SERVER}/acct/1` }],
    plugins: [plugin('webroot', ['http-01']), plugin('standalone', ['http-01', 'tls-alpn-01']), plugin('manual', ['http-01', 'dns-01'])],
    servers: [],
    pending: [],
    sandbox: false,
    ...more,
  };
}

/** The same on a machine with nginx, which serves two sites and one of them by https. */
export function factsWithNginx(more: Partial<Facts> = {}): Facts {
  const before = facts(more);
  return {
    ...before,
    plugins: [plugin('nginx', ['http-01'], true), ...before.plugins],
    servers: [
      {
        plugin: 'nginx',
        label: 'nginx',
        names: [
          { name: 'shop.example.org', place: 'sites-enabled/shop:2', tls: true, until: NOW + 42 * DAY },
          { name: 'example.com', place: 'sites-enabled/example:3', tls: false },
          { name: 'www.example.com', place: 'sites-enabled/example:3', tls: false },
          { name: 'api.example.com', place: 'sites-enabled/api:1', tls: false },
        ],
        patterns: ['*.example.net'],
      },
    ],
  };
}

/** What the outside world would answer: wildcards fit manual only, and lineages whose version is REVOKED are revoked. */
export function lookUp(known: Facts, { lookup: what, identifiers, wish, folders, serving }: Needed): Facts {
  if (folders) return { ...known, folders: { answer: folders, ...(Object.values(folders).includes(NO_FOLDER) ? { problem: `${NO_FOLDER} does not exist.` } : {}) } };
  if (serving) return { ...known, serving: { lineage: serving.lineage, ...servedBy(known, serving.lineage) } };
  if (what === 'installation' && wish) return { ...known, installation: { key: wish.key, ...installing(wish) } };
  if (what === 'early') return { ...known, early: { names: namesKey(identifiers), because: Object.fromEntries(known.lineages.flatMap(({ name, version }) => (version === REVOKED ? [[name, 'revoked' as const]] : []))) } };
  if (what === 'directory') return { ...known, directory: { termsOfService: 'https://ca.example/terms', externalAccountRequired: false, profiles: {}, renewalInfo: true } };
  const wildcard = identifiers.some(({ value }) => value.startsWith('*.'));
  const by = Object.fromEntries(known.plugins.map(({ name }) => [name, { fits: !wildcard || name === 'manual', reason: 'because' }]));
  return { ...known, fits: { names: namesKey(identifiers), by } };
}

/** nginx serves every lineage: http of the first sends one name to https, of the second none, of the third all. */
function servedBy({ plugins, lineages }: Facts, name: string): Pick<NonNullable<Facts['serving']>, 'server'> {
  if (!plugins.some((each) => each.name === 'nginx')) return {};
  const at = lineages.findIndex((each) => each.name === name);
  const names = lineages[at]?.identifiers.map(({ value }) => value) ?? [];
  const redirected = names.slice(0, [1, 0, names.length][at % 3]);
  return { server: { plugin: 'nginx', label: 'nginx', redirected, plain: names.slice(redirected.length) } };
}

/** nginx of these tests: a name with * needs a choice, and a block has both example.com and www.example.com. */
function installing({ plan, settings }: InstallationWish): Omit<InstallationFact, 'key'> {
  const names = plan.kind === 'obtain' ? plan.identifiers.map(({ value }) => value) : [];
  const wild = names.filter((name) => name.startsWith('*.'));
  if (wild.length > 0 && settings.plugin['nginx_blocks'] === undefined) {
    const places = [{ id: '/etc/nginx/a:1', label: 'a', hint: '/etc/nginx/a:1, http only' }, { id: '/etc/nginx/b:7', label: 'b' }];
    return { questions: wild.map((name) => ({ name, reason: `${name} stands for many names.`, places, recommended: ['/etc/nginx/b:7'], flag: '--nginx-blocks' })), steps: [], unsupported: [] };
  }
  const lost = ['example.com', 'www.example.com'].filter((name, _, both) => both.some((own) => names.includes(own)) && !names.includes(name));
  const change = { files: [{ path: '/etc/nginx/a', before: 'server {\n}\n', after: `server {\n    # ${names.join(' ')}\n}\n` }], links: [], commands: [], notes: [], warnings: [] };
  const steps = [{ title: 'Deployed ACME Certificate', change }];
  return { questions: [], steps: settings.values.redirect === false ? steps : [...steps, { title: 'Add enhancement redirect', change: { ...change, lost } }], unsupported: [] };
}
