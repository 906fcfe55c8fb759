import { execFile, execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRun } from '../../../src/plugins/apache/control.js';
import { createApacheInstaller } from '../../../src/plugins/apache/installer.js';
import { apacheSettings } from '../../../src/plugins/apache/options.js';
import { nothingPlanned, readApacheConfiguration } from '../../../src/plugins/apache/server.js';
import { rootFileIn, thisSystem } from '../../../src/plugins/apache/systems.js';
import { snapshotOf } from '../../../src/plugins/apache/tree.js';
import { placeOf } from '../../../src/plugins/apache/vhosts.js';
import type { Deployment, InstallContext, Installer, ServerChange } from '../../../src/plugins/contract.js';
import { layOut } from '../server-tree.js';
import { apacheTrees, apacheTreesAsWritten, filesOfTree, type ApacheTreeOfTests } from './corpus.js';

const PORTS = { http: 18_080, https: 18_443 };
let folder: string;
let files: Deployment['files'];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-apache-'));
  mkdirSync(join(folder, 'config'));
  const path = (name: string): string => join(folder, name);
  for (const name of ['old', 'new']) execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', path(`${name}.key`), '-out', path(`${name}.pem`), '-days', '30', '-subj', '/CN=example.com'], { stdio: 'ignore' });
  files = { cert: path('new.pem'), privkey: path('new.key'), chain: path('new.pem'), fullchain: path('new.pem') };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function makeTree(tree: ApacheTreeOfTests): string {
  const root = mkdtempSync(join(folder, 'root-'));
  layOut(root, { ...tree, files: filesOfTree(tree) }, PORTS, { cert: join(folder, 'old.pem'), key: join(folder, 'old.key') });
  return root;
}

/** Every file below a folder, and every link: path → text or target. */
function snapshot(root: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(root, { recursive: true, encoding: 'utf8' }).flatMap((path) => {
      const kind = lstatSync(join(root, path));
      return kind.isSymbolicLink() ? [[path, 'link']] : kind.isFile() ? [[path, readFileSync(join(root, path), 'latin1')]] : [];
    }),
  );
}

function apply(change: ServerChange): void {
  for (const { path, before, after } of change.files) {
    let present: string | null = null;
    try {
      present = readFileSync(path, 'latin1');
    } catch {
      // New.
    }
    expect(present).toBe(before);
    writeFileSync(path, after, 'latin1');
  }
  for (const { path, target } of change.links) symlinkSync(target, path);
}

/** The real server's test of a tree, and the virtual hosts that it sees. */
function vhostsByServer(root: string): Promise<{ fault: Error | null; output: string }> {
  const file = join(root, existsSync(join(root, 'httpd.conf')) ? 'httpd.conf' : 'apache2.conf');
  return new Promise((resolve) => execFile('/usr/sbin/apache2', ['-d', root, '-f', file, '-t', ...['VHOSTS', 'CERTS', 'INCLUDES', 'RUN_CFG', 'MODULES'].flatMap((what) => ['-D', `DUMP_${what}`])], { timeout: 20_000 }, (fault, stdout, stderr) => resolve({ fault, output: stdout + stderr })));
}

/** Our reading is the server's: the same files, the same virtual hosts at the same places. */
function expectRead(root: string, output: string): void {
  const run = parseRun(output);
  const real = (path: string): string => realpathSync(path);
  const program = { ctl: '', bin: '', serverRoot: root, system: thisSystem(), environment: {}, signal: new AbortController().signal };
  const apache = { settings: apacheSettings({ apache_server_root: root }), program, version: [2, 4, 71], rootPath: rootFileIn(root) ?? '', run, environment: {}, seen: snapshotOf() };
  const reading = readApacheConfiguration(apache, nothingPlanned, PORTS.https, expect.fail);
  expect([...reading.tree.files.keys()].sort()).toEqual([...new Set(run.includes.map(real))].sort());
  const places = [...output.matchAll(/\((\/[^()]*):(\d+)\)$/gm)].map(([, path = '', line = '']) => `${real(path)}:${line}`);
  expect([...new Set(reading.vhosts.filter(({ macro }) => !macro).map(placeOf))].sort()).toEqual([...new Set(places)].sort());
}

const context = (root: string, told: string[]): InstallContext => ({
  options: { apache_server_root: root, apache_ctl: '/usr/sbin/apache2', apache_bin: '/usr/sbin/apache2', apache_logs_root: root },
  http01Port: PORTS.http,
  httpsPort: PORTS.https,
  configDir: join(folder, 'config'),
  workDir: folder,
  environment: process.env,
  signal: new AbortController().signal,
  log: (level, message) => void told.push(`${level} ${message}`),
});

async function opened(root: string, told: string[]): Promise<Installer> {
  const installer = createApacheInstaller();
  await installer.prepare(context(root, told));
  await installer.read(new Map());
  installer.ready();
  return installer;
}

/** The lines of the old text stand in the new one in their order, but for those that name a certificate. */
function expectKept(before: string, after: string, title: string): void {
  const lines = after.split('\n');
  let at = 0;
  for (const line of before.split('\n')) {
    if (/SSLCertificate|snippets\/tls|\[L,NE,R=permanent\]/.test(line)) continue;
    const found = lines.indexOf(line, at);
    if (found >= 0) at = found + 1;
    else if (line !== before.split('\n').at(-1)) expect.fail(`${title}: a line is gone: ${JSON.stringify(line)}`);
  }
}

/** One of so many of the trees as they are written, and of their variations; `npm run campaign:apache-trees` takes all. */
const [SHARE, OF_VARIATIONS] = process.env['CERTWRIGHT_TREES'] === undefined ? [2, 12] : [1, 1];
const trees = apacheTrees.filter((_, index) => index % (index < apacheTreesAsWritten ? SHARE : OF_VARIATIONS) === 0);

describe('configurations that the real server loads', () => {
  it.concurrent.each(trees.map((tree) => [tree.title, tree] as const))('%s', async (title, tree) => {
    const root = makeTree(tree);
    const before = snapshot(root);
    const told: string[] = [];
    const installer = await opened(root, told);
    // Every file that the server reads was read, and understood.
    expect(told).toEqual([]);
    const names = tree.names ?? ['example.com'];
    const deployment: Deployment = { names, files };
    if (tree.refused) {
      expect(() => installer.deploy(deployment, new Map())).toThrow(/Certbot could not find a VirtualHost/);
      expect(snapshot(root)).toEqual(before);
      return;
    }
    expect(installer.questions(deployment)).toEqual([]);
    // As core plans it: both steps on what the ones before leave, then written.
    const deploy = installer.deploy(deployment, new Map());
    const instead = new Map(deploy.files.map(({ path, after }) => [path, after]));
    await installer.read(instead);
    const redirect = installer.enhance('redirect', deployment);
    if (!redirect) throw new Error('no redirect');
    apply(deploy);
    apply(redirect);
    const dump = await vhostsByServer(root);
    expect(dump.fault, `${dump.output}${Object.entries(snapshot(root)).map(([path, text]) => `--- ${path}\n${text}`).join('\n')}`).toBeNull();
    expect(dump.output).toContain(String(PORTS.https));
    const after = snapshot(root);
    for (const [path, text] of Object.entries(before)) expectKept(text, after[path] ?? '', `${title}, ${path}`);

    await installer.read(new Map());
    for (const name of names) expect(installer.names().some((each) => each.name === name && each.tls) || title.includes('pattern') || title.includes('question mark') || tree.names?.[0] === 'new.example.com', `${title}: ${name} is not served by TLS`).toBe(true);
    // What the server loads is the new certificate, and the old one only for others.
    const certificates = (dump.output.split('Server certificates:\n')[1] ?? '').split('\n').filter((line) => line.startsWith('  ')).map((line) => line.trim());
    expect(certificates, title).toContain(files.fullchain);
    expect(certificates.includes(join(folder, 'old.pem')), `${title}: ${certificates.join(' ')}`).toBe(tree.keepsOld === true);
    expectRead(root, dump.output);
    // A host that was there is used, not made once more.
    const secure = dump.output.split('\n').filter((line) => line.includes(`port ${PORTS.https} namevhost`)).map((line) => line.trim().split(' ')[3]);
    expect(secure.length, `${title}: ${secure.join(' ')}`).toBe(new Set(secure).size);
    const nothing = { files: [], links: [], commands: [] };
    expect(installer.deploy(deployment, new Map()), 'a second time').toMatchObject(nothing);
    expect(installer.enhance('redirect', deployment), 'a second time').toMatchObject(nothing);
    expect(snapshot(root)).toEqual(after);
  });
});
