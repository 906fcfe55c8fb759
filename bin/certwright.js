#!/usr/bin/env node
// Answers --version before anything loads, sets what libraries read at load time, and is the only owner of the exit code.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

const args = process.argv.slice(2);
const program = basename(process.argv[1] ?? 'certwright').replace(/\.js$/, '');

if (args.length === 1 && args[0] === '--version') {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  // Whatever name it was called by: a script that looks for certbot's version must not find ours.
  process.stdout.write(`certwright ${version}\n`);
} else {
  // A run is short: what V8 gains by compiling a function once more, for speed, comes too late for it, and costs up to a fifth of its CPU
  // time. What is really hot, as with thousands of lineages, is compiled still. Others than these versions might not know the flag.
  if (/^v2[0-4]\./.test(process.version)) process.getBuiltinModule('node:v8').setFlagsFromString('--interrupt-budget=1000000');
  process.env.NODE_ENV = 'production';
  if (process.env.NO_COLOR) process.env.FORCE_COLOR = '0';
  const { run } = await import('../dist/main.js');
  const code = await run({ args, program });
  // A pipe takes only so much at once: what was said is handed over first.
  for (const stream of [process.stdout, process.stderr]) if (stream.writableLength > 0) await new Promise((resolve) => stream.write('', resolve));
  // Nothing is left to be done then, and to take apart what a thousand lineages made would cost 20 ms.
  process.exit(code);
}
