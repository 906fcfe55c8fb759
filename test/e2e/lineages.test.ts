import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, readlinkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { X509Certificate } from 'node:crypto';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wantedLineages, type Wanted } from './certbot-lineages.js';
import { makePlace, runProgram, unattended, type Ended, type Place } from './certwright.js';
import { wrongWith } from './lineages.js';
import { startPebble, type Pebble } from './pebble.js';
import { quickCertbot } from './quick-certbot.js';

/** How many lineages; `npm run campaign:lineages` takes more. */
const COUNT = Number(process.env['CERTWRIGHT_CERTBOT_LINEAGES'] ?? 6);
/** Where the names of web folders lead, beside the standalone servers on 127.0.0.1. */
const WEB_ADDRESS = '127.0.0.2';

let pebble: Pebble;
let place: Place;
let web: Server;
let lineages: readonly Wanted[];
beforeAll(async () => {
  pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0', PEBBLE_ALTERNATE_ROOTS: '1' } });
  place = makePlace({ REQUESTS_CA_BUNDLE: pebble.caPath });
  const root = await runProgram('curl', ['-sfk', `${pebble.managementUrl}/roots/1`]);
  lineages = wantedLineages(COUNT, { pebble, chain: /CN=(.*)/.exec(new X509Certificate(root.stdout).subject)?.[1] ?? '', web: (folder) => join(place.folder, 'web', folder) });
  const folders: Record<string, string> = Object.assign({}, ...lineages.map((lineage) => lineage.web));
  for (const [host, folder] of Object.entries(folders)) {
    mkdirSync(folder, { recursive: true });
    await fetch(`${pebble.challtestUrl}/add-a`, { method: 'POST', body: JSON.stringify({ host: `${host}.`, addresses: [WEB_ADDRESS] }) });
  }
  web = createServer((request, response) => {
    const path = join(folders[(request.headers.host ?? '').replace(/:\d+$/, '')] ?? '/nowhere', request.url ?? '');
    if (existsSync(path)) response.end(readFileSync(path));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => web.listen(pebble.httpPort, WEB_ADDRESS, () => resolve()));
});
afterAll(async () => {
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
  place.remove();
  await pebble.stop();
});

const timeout = 120_000 + COUNT * 10_000;
const config = (...path: string[]) => join(place.folder, 'config', ...path);
const certbot = (...args: string[]) => place.certbot(args, { env: quickCertbot(place.folder), timeout });
const renewal = ['renew', '-n', '--no-random-sleep-on-renew'];

async function fine(run: Promise<Ended>): Promise<Ended> {
  const ended = await run;
  expect(ended.code, `${ended.stdout}${ended.stderr}`).toBe(0);
  return ended;
}

/** Loads every renewal file as `certbot renew` does, and prints whatever certbot has to say against one. */
const LOAD = `
import logging, sys
from certbot import configuration
from certbot._internal import cli, renewal, storage
from certbot._internal.plugins import disco
said = []
class Note(logging.Handler):
    def emit(self, record): said.append(record.getMessage())
logging.getLogger().addHandler(Note(level=logging.INFO))
logging.getLogger().setLevel(logging.INFO)
plugins = disco.PluginsRegistry.find_all()
args = ['renew', '-n'] + sys.argv[1:]
loaded = 0
made = lambda: configuration.NamespaceConfig(cli.prepare_and_parse_args(plugins, args))
for path in storage.renewal_conf_files(made()):
    one = made()
    lineage = renewal.reconstitute(one, path) if hasattr(renewal, 'reconstitute') else renewal._reconstitute(one, path)
    if lineage is None:
        print(path, 'is not read')
        continue
    lineage.names(); lineage.ensure_deployed()
    if not lineage._consistent(): print(path, 'is not consistent')
    loaded += 1
print(*said, sep='\\n')
print('loaded', loaded)
`;

/** Every file below a configuration directory: what it is, its mode, and the text of what both programs must write alike. */
function tree(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(folder, path);
    const mode = (lstatSync(path).mode & 0o7777).toString(8);
    found[name] = entry.isSymbolicLink() ? `-> ${readlinkSync(path)}` : entry.isDirectory() ? `folder ${mode}` : `${mode} ${text(name, readFileSync(path, 'utf8'))}`;
  }
  return found;
}

/** Certificates and keys differ from one order to the next: what counts is how many there are, and of which kind. */
function text(name: string, content: string): string {
  return name.startsWith('archive/') ? [...content.matchAll(/-----BEGIN [^-]+-----/g)].join(' ') : content;
}

/** What may differ between a renewal by certbot 2.1 and one by certwright, and why. */
function withoutAllowed(found: Record<string, string>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, what] of Object.entries(found)) {
    // certbot before 2.3 keeps every key and request once more (C60); certwright never does.
    if (/^(keys|csr)(\/|$)/.test(name)) continue;
    // Our journal's folder.
    if (/^\.certwright(\/|$)/.test(name)) continue;
    // Each names itself as the last one that wrote the file (F25). And certbot before 2.7 forgets at the first renewal that somebody
    // asked for what is the default anyway; certwright keeps it, as later ones do.
    kept[name] = name.startsWith('renewal/') ? what.replace(/^version = .*$/m, 'version').replace(/^elliptic_curve = secp256r1\n/m, '') : what;
  }
  return kept;
}

it(`bar 2: ${COUNT} lineages of certbot are renewed by certwright, and what certbot finds afterwards is what it would have written itself`, { timeout: 5 * timeout }, async () => {
  for (const { flags } of lineages) await fine(certbot('certonly', ...unattended(pebble.directoryUrl), ...flags));
  const original = tree(config());
  cpSync(config(), join(place.folder, 'original'), { recursive: true, verbatimSymlinks: true });

  expect((await fine(place.certwright([...renewal, '--dry-run'], { timeout }))).stdout).toContain('all simulated renewals succeeded');
  const renewals = (found: Record<string, string>) => Object.entries(found).filter(([name]) => /^(renewal|archive|live)\//.test(name));
  expect(renewals(tree(config()))).toEqual(renewals(original));

  expect((await fine(place.certwright([...renewal, '--force-renewal'], { timeout }))).stdout).toContain('all renewals succeeded');
  expect(wrongWith(config())).toEqual([]);
  const listed = (await fine(certbot('certificates'))).stdout;
  expect([listed.match(/Certificate Name: /g)?.length, listed.match(/\(VALID: /g)?.length, /invalid/i.test(listed)]).toEqual([COUNT, COUNT, false]);
  const loaded = await fine(runProgram('/usr/bin/python3', ['-c', LOAD, ...place.directories], { env: { HOME: place.folder }, timeout }));
  expect(loaded.stdout.trim()).toBe(`loaded ${COUNT}`);
  const ours = tree(config());

  // The same directory, renewed by certbot.
  renameSync(config(), join(place.folder, 'ours'));
  cpSync(join(place.folder, 'original'), config(), { recursive: true, verbatimSymlinks: true });
  await fine(certbot(...renewal, '--force-renewal'));
  const theirs = tree(config());
  expect(withoutAllowed(ours)).toEqual(withoutAllowed(theirs));

  // certbot goes on with what certwright left.
  rmSync(config(), { recursive: true });
  renameSync(join(place.folder, 'ours'), config());
  await fine(certbot(...renewal, '--force-renewal'));
  expect(wrongWith(config())).toEqual([]);
});
