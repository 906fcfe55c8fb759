// Builds dist/: one ES module for each lazily loaded part, with everything bundled but the optional native lock.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { join, dirname } from 'node:path';
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

rmSync(join(top, 'dist'), { recursive: true, force: true });
const result = await build({
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
  chunkNames: 'part-[name]-[hash]',
  jsx: 'automatic',
  legalComments: 'none',
  external: ['fs-native-extensions'],
  define: { 'process.env.NODE_ENV': '"production"', CERTWRIGHT_VERSION: JSON.stringify(manifest.version) },
  banner: { js: 'import{createRequire as __certwrightRequire}from"node:module";const require=__certwrightRequire(import.meta.url);' },
  plugins: [stubs],
  logLevel: 'warning',
});

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
