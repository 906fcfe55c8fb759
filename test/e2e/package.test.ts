import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
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
