import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runProgram, top } from './certwright.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-package-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('npm pack gives a tarball that runs by itself, without a single dependency', async () => {
  const packed = await runProgram('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: top });
  expect(packed.code, packed.stderr).toBe(0);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  expect((await runProgram('tar', ['-xzf', join(folder, tarball), '-C', folder])).code).toBe(0);
  const program = join(folder, 'package', 'bin', 'certwright.js');
  const version = await runProgram(process.execPath, [program, '--version'], { cwd: folder });
  expect(version.stdout).toBe(`certwright ${(JSON.parse(readFileSync(join(top, 'package.json'), 'utf8')) as { version: string }).version}\n`);
  const dirs = ['config', 'work', 'logs'].flatMap((name) => [`--${name}-dir`, join(folder, name)]);
  const obtained = await runProgram(process.execPath, [program, 'certonly', '--sandbox', '--standalone', '-n', '--agree-tos', '-d', 'example.com', ...dirs], { cwd: folder, env: { HOME: folder } });
  expect(obtained.code, obtained.stderr).toBe(0);
  expect(obtained.stdout).toContain('Successfully received certificate.');

  // Types for plugins of others are in it: the example is as they want it, and what is not is found.
  const author = join(folder, 'author');
  mkdirSync(join(author, 'node_modules', '@types'), { recursive: true });
  symlinkSync(join(folder, 'package'), join(author, 'node_modules', 'certwright'));
  symlinkSync(join(top, 'node_modules', '@types', 'node'), join(author, 'node_modules', '@types', 'node'));
  cpSync(join(top, 'test', 'plugins', 'example', 'certwright-plugin-shelf'), author, { recursive: true });
  writeFileSync(
    join(author, 'typed.ts'),
    "import type { Installer, OutsidePlugin, PluginDescriptor } from 'certwright/plugin';\nimport { plugins } from './shelf.js';\n" +
      "export const first: OutsidePlugin | undefined = plugins[0];\nexport const own = (whole: PluginDescriptor, installer: Installer): OutsidePlugin => ({ ...whole, loadInstaller: async () => installer });\n" +
      "// @ts-expect-error: it cannot say whether it fits\nexport const not: OutsidePlugin = { name: 'x', title: 'X', description: 'x' };\n",
  );
  const checked = await runProgram(process.execPath, [join(top, 'node_modules', 'typescript', 'bin', 'tsc'), '--noEmit', '--allowJs', '--checkJs', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023', '--types', 'node', 'typed.ts', 'shelf.js'], { cwd: author });
  expect([checked.code, checked.stdout]).toEqual([0, '']);
});

interface Output {
  inputs: Record<string, unknown>;
  imports: { path: string; kind: string }[];
}

it('what every command loads at its start has no screen, no ACME client and no certificate library in it', () => {
  const outputs = JSON.parse(readFileSync(join(top, 'dist', 'meta.json'), 'utf8')) as Record<string, Output>;
  const loaded = new Set<string>();
  const visit = (path: string): void => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const next of outputs[path]?.imports ?? []) if (next.kind === 'import-statement') visit(next.path);
  };
  visit('dist/main.js');
  const inputs = [...loaded].flatMap((path) => Object.keys(outputs[path]?.inputs ?? {}));
  expect(inputs).toContain('src/main.ts');
  expect(inputs.filter((path) => /node_modules\/(ink|react|yoga-layout|acme-client|@peculiar|node-forge|execa|asn1js)\//.test(path) || /src\/(acme\/client|ui\/tui|sandbox)/.test(path))).toEqual([]);
});
