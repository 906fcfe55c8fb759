import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { completionScript } from '../../src/cli/completion.js';
import { cliOptions } from '../../src/cli/options.js';
import { verbs } from '../../src/cli/verbs.js';
import { builtInPlugins } from '../../src/plugins/registry.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'certwright-completion-'));
  mkdirSync(join(folder, 'config/renewal'), { recursive: true });
  for (const name of ['example.com', 'example.org']) writeFileSync(join(folder, 'config/renewal', `${name}.conf`), '');
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, `script.${shell}`), completionScript(shell, 'certwright', cliOptions, builtInPlugins));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the real shell offers for a line; `|` ends the word under the cursor. */
function bash(...words: string[]): string[] {
  const script = `source ${folder}/script.bash; COMP_WORDS=(certwright ${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length}; _certwright; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(execFileSync('bash', ['--norc', '-c', script], { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'pipe', 'ignore'], cwd: folder }));
}

function fish(line: string): string[] {
  const script = `source ${folder}/script.fish; complete -C '${line}'`;
  return lines(execFileSync('fish', ['--no-config', '-c', script], { encoding: 'utf8', timeout: 10_000, env: { ...process.env, HOME: folder } })).map((offered) => offered.split('\t')[0] ?? '');
}

/** zsh completes at a terminal only: its own functions are asked with compadd standing in for the screen. */
function zsh(...words: string[]): string[] {
  const script = `
    compdef() { :; }
    _describe() { local name=$2; print -l -- \${(P)name%%:*}; }
    compadd() { [[ $1 == -- ]] && shift; print -l -- "$@"; }
    _files() { print -l FILES; }
    _message() { :; }
    source ${folder}/script.zsh
    words=(certwright ${words.map((word) => `'${word}'`).join(' ')}); CURRENT=${words.length + 1}; PREFIX='${words.at(-1) ?? ''}'
    _certwright`;
  return lines(execFileSync('zsh', ['-f', '-c', script], { encoding: 'utf8', timeout: 10_000 })).filter((offered) => offered.startsWith(words.at(-1) ?? ''));
}

const lines = (text: string): string[] => text.split('\n').filter((line) => line !== '');

const commands = Object.entries(verbs).filter(([, { help, done }]) => help !== '' && done).map(([name]) => name);

it.each([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', (...words: string[]) => fish(`certwright ${words.join(' ')}`)],
] as const)('%s offers commands, options, and values (U32)', (_shell, ask) => {
  expect(ask('').filter((word) => !word.includes('/')).sort()).toEqual(expect.arrayContaining([...commands].sort()));
  expect(ask('cert').sort()).toEqual(['certificates', 'certonly']);
  expect(ask('certonly', '--key-t')).toEqual(['--key-type']);
  expect(ask('certonly', '--key-type', '').sort()).toEqual(['ecdsa', 'rsa']);
  expect(ask('-a', 'web')).toEqual(['webroot']);
  expect(ask('certonly', '--webr').sort()).toEqual(['--webroot', '--webroot-map', '--webroot-path']);
  expect(ask('--config-dir', join(folder, 'config'), 'renew', '--cert-name', 'example.').sort()).toEqual(['example.com', 'example.org']);
  expect(ask('completion', '').sort()).toEqual(['bash', 'fish', 'zsh']);
});

it('bash completes the value behind =, and files', () => {
  expect(bash('certonly', '--key-type', '=', 'r')).toEqual(['rsa']);
  expect(bash('--csr', 'scri').sort()).toEqual(['script.bash', 'script.fish', 'script.zsh']);
});

it('another shell is refused by name', () => {
  expect(() => completionScript('tcsh', 'certwright', cliOptions, builtInPlugins)).toThrow("invalid choice: 'tcsh'");
});
