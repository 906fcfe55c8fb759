// Makes the pictures of the README from real runs of the built program on the sandbox CA, in a real pseudo-terminal.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';
import { svg } from './svg.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const binary = join(here, '..', 'bin', 'certwright.js');
const ENTER = '\r';

let place = '';
let port = 0;

async function fresh() {
  place = mkdtempSync(join(tmpdir(), 'certwright-'));
  port = await new Promise((resolve) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

function open(args, { columns = 80, rows = 24 } = {}) {
  const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
  const words = [...args, '--sandbox', '--sandbox-port', String(port), '--config-dir', join(place, 'config'), '--work-dir', join(place, 'work'), '--logs-dir', join(place, 'logs')];
  const child = spawn(process.execPath, [binary, ...words], { cols: columns, rows, env: { ...process.env, HOME: place, TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' } });
  let written = Promise.resolve();
  child.onData((data) => {
    written = new Promise((resolve) => terminal.write(data, resolve));
  });
  const exited = new Promise((resolve) => child.onExit(({ exitCode }) => resolve(exitCode)));
  const text = () => Array.from({ length: terminal.rows }, (_, y) => terminal.buffer.active.getLine(terminal.buffer.active.baseY + y)?.translateToString(true) ?? '').join('\n');
  return {
    exited,
    type: (keys) => child.write(keys),
    kill: () => child.kill('SIGKILL'),
    async see(what, timeout = 20_000) {
      const end = Date.now() + timeout;
      while (!(what instanceof RegExp ? what.test(text()) : text().includes(what))) {
        if (Date.now() > end) throw new Error(`never saw ${what} on\n${text()}`);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
    async picture(name, title) {
      await written;
      await new Promise((resolve) => setTimeout(resolve, 80));
      await written;
      writeFileSync(join(here, `${name}.svg`), svg(terminal, title));
      console.log(`screenshots/${name}.svg  ${title}`);
    },
  };
}

async function first() {
  const screen = open([]);
  await screen.see('What would you like to do?');
  await screen.picture('first-question', 'The first question');
  screen.type(ENTER);
  await screen.see('Which names');
  screen.type('example.com, www.example.com münchen.example');
  await screen.see('münchen.example');
  await screen.picture('names', 'Names, typed or pasted');
  screen.type(ENTER);
  await screen.see('proved yours?');
  await screen.picture('proof', 'How the names are proved');
  screen.type(ENTER);
  await screen.see('Which e-mail');
  screen.type(`admin@example.com${ENTER}`);
  await screen.see('Do you agree');
  screen.type(ENTER);
  await screen.see('Nothing has been changed yet');
  await screen.picture('review', 'The plan, and the command that says the same');
  screen.type(ENTER);
  await screen.exited;
  await screen.picture('done', 'What was saved, and what comes next');
}

async function expand() {
  const screen = open(['certonly', '--standalone']);
  await screen.see('Which names');
  screen.type(`example.com, www.example.com, münchen.example, api.example.com${ENTER}`);
  await screen.see('are in the certificate');
  await screen.picture('expand', 'Some names have a certificate already');
  screen.kill();
}

async function running() {
  const screen = open(['certonly', '--standalone', '--sandbox-faults', 'latency=400ms']);
  await screen.see('Which names');
  screen.type(`shop.example.org, www.shop.example.org${ENTER}`);
  await screen.see('Nothing has been changed yet');
  screen.type(ENTER);
  await screen.see(/shop\.example\.org.*the CA is looking/);
  await screen.picture('running', 'While it runs');
  screen.kill();
}

async function manual() {
  const screen = open(['certonly', '--manual', '--preferred-challenges', 'dns']);
  await screen.see('Which names');
  screen.type(`example.net, *.example.net${ENTER}`);
  await screen.see('Nothing has been changed yet');
  screen.type(ENTER);
  await screen.see(/✓ [\s\S]*not yet/);
  await screen.picture('by-hand', 'DNS records by hand, watched live');
  screen.kill();
}

async function trouble() {
  const screen = open(['certonly', '--manual', '--manual-auth-hook', 'true', '-d', 'shop.example.com,www.shop.example.com']);
  await screen.see(/Nothing was changed/);
  await screen.picture('trouble', 'When it fails');
  screen.kill();
}

async function plain() {
  const screen = open(['--plain']);
  await screen.see('What would you like to do?');
  screen.type(`1${ENTER}`);
  await screen.see('Which names');
  screen.type(`plain.example.com${ENTER}`);
  await screen.see('proved yours?');
  await screen.picture('plain', '--plain: the same questions as lines');
  screen.kill();
}

async function unattended() {
  const screen = open(['certonly', '-n', '--standalone', '--agree-tos', '-d', 'api.example.com'], { columns: 100 });
  await screen.exited;
  await screen.picture('unattended', '-n: in a script');
}

await fresh();
const wanted = process.argv.slice(2);
const shots = { first, expand, running, manual, trouble, plain, unattended };
for (const [name, shot] of Object.entries(shots)) {
  if (wanted.length > 0 && !wanted.includes(name) && name !== 'first') continue;
  await shot();
}
rmSync(place, { recursive: true, force: true });
process.exit(0);
