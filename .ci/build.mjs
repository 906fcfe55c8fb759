// Builds dist/: one ES module for each lazily loaded part, with everything bundled but the optional native lock.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..');
const manifest = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));

/**
 * Ink's devtools are never used; axios is loaded by acme-client but every request goes through our own transport; so are the
 * certificate libraries, 60 ms of start-up, of which its signing needs nothing.
 */
const contents = {
  'react-devtools-core': 'export default { connectToDevTools() {}, initialize() {} };',
  axios:
    'module.exports = { create: () => ({ defaults: { headers: { common: {} } }, request() { throw new Error("axios is not part of this build"); }, interceptors: { request: { use() {} }, response: { use() {} } } }) };',
  x509: 'module.exports = { cryptoProvider: { set() {} } };',
};
const stubs = {
  name: 'stubs',
  setup(b) {
    b.onResolve({ filter: /^react-devtools-core$/ }, () => ({ path: 'react-devtools-core', namespace: 'stub' }));
    b.onResolve({ filter: /^axios$/ }, () => ({ path: 'axios', namespace: 'stub' }));
    b.onResolve({ filter: /^(@peculiar\/x509|asn1js)$/ }, ({ importer }) => (importer.includes('/node_modules/acme-client/') ? { path: 'x509', namespace: 'stub' } : undefined));
    b.onLoad({ filter: /.*/, namespace: 'stub' }, ({ path }) => ({ contents: contents[path], loader: 'js' }));
  },
};

const common = {
  absWorkingDir: top,
  entryPoints: { main: 'src/main.ts' },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minify: true,
  keepNames: true,
  sourcemap: false,
  metafile: true,
  jsx: 'automatic',
  legalComments: 'none',
  external: ['fs-native-extensions'],
  define: { 'process.env.NODE_ENV': '"production"', CERTWRIGHT_VERSION: JSON.stringify(manifest.version) },
  banner: { js: 'import{createRequire as __certwrightRequire}from"node:module";const require=__certwrightRequire(import.meta.url);' },
  plugins: [stubs],
  logLevel: 'warning',
};

/**
 * What is loaded together, and so becomes one file: without this esbuild makes a file of every set of modules that the same lazy
 * parts share, and a run that orders a certificate opens eighty of them, which costs more than all their code. `start` is what
 * every command needs, `base` what lists and judges lineages, `order` the way from a plan to a certificate.
 */
const groups = {
  start: { members: ['main'] },
  base: {
    members: ['core/commands/certificates', 'core/commands/renew', 'core/put-right', 'store/pending', 'ui/plain'],
  },
  order: {
    members: ['core/commands/obtain', 'core/carry-out', 'core/schedule', 'acme/client', 'acme/signed-requests', 'plugins/standalone/authenticator', 'plugins/webroot/authenticator'],
  },
};

const entryOf = (member) => `src/${member}.ts`;

/** What each lazily imported file is loaded with: a group becomes one file only when it is reached as a whole or not at all. */
async function lazyParts() {
  const { metafile } = await build({ ...common, write: false, logLevel: 'error' });
  const importsOf = (path, kind) => (metafile.inputs[path]?.imports ?? []).filter((each) => each.kind === kind && !each.external).map((each) => each.path);
  const closure = (paths) => {
    const reached = new Set(paths);
    for (const path of reached) for (const next of importsOf(path, 'import-statement')) reached.add(next);
    return reached;
  };
  const reached = Object.entries(groups).map(([name, { members }]) => [name, closure(members.map(entryOf)), new Set(members.map(entryOf))]);
  const lazy = new Set(Object.keys(metafile.inputs).flatMap((path) => importsOf(path, 'dynamic-import')));
  // With all groups before the first one that holds it, and with that one when it is a beginning of it: none is reached from an earlier one.
  return new Map([...lazy].map((path) => {
    const own = reached.findIndex(([, all]) => all.has(path));
    if (own < 0) return [path, ['start', 'base']];
    const [name, , members] = reached[own];
    return [path, [...reached.slice(0, own).map(([each]) => each), ...(members.has(path) ? [name] : [])]];
  }));
}

const together = {
  name: 'together',
  setup(b) {
    b.onResolve({ filter: /^group:/ }, ({ path }) => ({ path, namespace: 'group' }));
    b.onLoad({ filter: /.*/, namespace: 'group' }, ({ path }) => ({
      contents: groups[path.slice('group:'.length)].members.map((member) => `import ${JSON.stringify(join(top, entryOf(member)))};`).join('\n'),
      resolveDir: top,
    }));
    b.onLoad({ filter: /\/src\/.*\.tsx?$/ }, ({ path }) => {
      const names = parts.get(relative(top, path));
      if (!names) return undefined;
      return { contents: `${names.map((name) => `import 'group:${name}';`).join('')}${readFileSync(path, 'utf8')}`, loader: path.endsWith('x') ? 'tsx' : 'ts' };
    });
  },
};

rmSync(join(top, 'dist'), { recursive: true, force: true });
const parts = await lazyParts();
const result = await build({ ...common, chunkNames: 'part-[name]-[hash]', plugins: [stubs, together] });

// The licences of what was bundled go with it.
const packages = new Set();
for (const input of Object.keys(result.metafile.inputs)) {
  const found = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(input);
  if (found) packages.add(input.slice(0, found.index + found[0].length));
}
const notices = [...packages].sort().map((path) => {
  const folder = join(top, path);
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = ['LICENSE', 'LICENSE.md', 'LICENCE', 'license', 'LICENSE.txt', 'LICENSE-MIT'].map((f) => join(folder, f)).find((f) => existsSync(f));
  return `${name} ${version} (${license ?? 'see below'})\n\n${file ? readFileSync(file, 'utf8').trim() : ''}\n`;
});
writeFileSync(join(top, 'dist', 'NOTICE'), notices.join(`\n${'-'.repeat(72)}\n\n`));
writeFileSync(join(top, 'dist', 'meta.json'), JSON.stringify(result.metafile.outputs, null, 1));

// `man certwright` after an installation by npm.
writeFileSync(join(top, 'dist', 'certwright.1'), execFileSync(process.execPath, [join(top, 'bin', 'certwright.js'), 'man']));

// What plugins of others are written against: `import type { OutsidePlugin } from 'certwright/plugin'`.
execFileSync(process.execPath, [join(top, 'node_modules', 'typescript', 'bin', 'tsc'), '--ignoreConfig', '--declaration', '--emitDeclarationOnly', '--rootDir', 'src', '--outDir', join('dist', 'types'), '--module', 'nodenext', '--target', 'es2023', '--types', 'node', join('src', 'plugins', 'contract.ts')], { cwd: top, stdio: 'inherit' });
