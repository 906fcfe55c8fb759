import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makePlace, runProgram, binary, type Place } from '../e2e/certwright.js';
import { freePorts, startPebble } from '../e2e/pebble.js';
import { keys, open, type Screen } from './terminal.js';

const { down, enter, escape } = keys;
const clear = '\u0015';

/** What is seen, and the keys that answer it. */
interface Step {
  id: string;
  see: string;
  answer: string;
  /** The keys that leave it as it stands; Enter for most. */
  again?: string;
}

const TASK: Step = { id: 'task', see: 'What would you like to do?', answer: enter };
const NAMES = (text: string): Step => ({ id: 'names', see: 'Which names should the certificate cover?', answer: `${text}${enter}` });
/** The standalone server is the first choice; by hand is the last one. */
const STANDALONE: Step = { id: 'authenticator', see: 'proved yours?', answer: '' };
const EMAIL: Step = { id: 'email', see: 'Which e-mail address', answer: `admin@example.com${enter}` };
const TERMS: Step = { id: 'terms', see: 'Do you agree to the terms', answer: enter };
const REVIEW = 'Nothing has been changed yet';

let place: Place;
let port: number;
let screen: Screen | null;
beforeEach(async () => {
  place = makePlace();
  [port = 0] = await freePorts(1);
  screen = null;
});
afterEach(() => {
  screen?.kill();
  place.remove();
});

const sandboxed = () => ['--sandbox', '--sandbox-port', String(port), ...place.directories];
/** A certificate that is there before the wizard starts. */
async function given(...args: string[]): Promise<void> {
  const { code, stderr } = await runProgram(process.execPath, [binary, 'certonly', '-n', '--standalone', '--agree-tos', ...sandboxed(), ...args], { env: { HOME: place.folder } });
  expect(code, stderr).toBe(0);
}

/** Walks through the steps; from each but the first Back leads to the one before, whose answer is still there for Enter. */
async function walkWithBack(args: readonly string[], steps: readonly Step[], env: Record<string, string> = {}): Promise<Screen> {
  const shown = open([...args], { env: { HOME: place.folder, ...env } });
  screen = shown;
  for (const [index, step] of steps.entries()) {
    await shown.see(step.see);
    const before = steps[index - 1];
    if (before) {
      shown.type(escape);
      await shown.see(before.see);
      shown.type(before.again ?? enter);
      await shown.see(step.see);
    }
    shown.type(step.answer);
  }
  await shown.see(REVIEW);
  const last = steps.at(-1);
  if (last) {
    shown.type(escape);
    await shown.see(last.see);
    shown.type(last.again ?? enter);
    await shown.see(REVIEW);
  }
  return shown;
}

async function finish(shown: Screen): Promise<string> {
  shown.type(enter);
  expect(await shown.exited, shown.all()).toBe(0);
  // Long lines are broken by the terminal.
  return shown.all().replaceAll('\n', '');
}

describe('every kind of question in a real terminal, with Back from each', () => {
  it('a first certificate: task, names, proof, e-mail, terms', async () => {
    const shown = await walkWithBack(sandboxed(), [TASK, NAMES('example.com, www.example.com'), { ...STANDALONE, answer: enter }, EMAIL, TERMS]);
    const text = shown.text();
    for (const part of ['example.com', 'www.example.com', 'ECDSA', '--agree-tos', '--email admin@example.com']) expect(text).toContain(part);
    const end = await finish(shown);
    expect(end).toContain(place.live('example.com', 'fullchain.pem'));
    expect(readdirSync(join(place.folder, 'config/live'))).toContain('example.com');
  });

  it('by hand: file or record', async () => {
    const shown = await walkWithBack(['certonly', '--register-unsafely-without-email', '--agree-tos', ...sandboxed()], [
      NAMES('example.com'),
      { ...STANDALONE, answer: `${down}${down}${enter}` },
      { id: 'challenge', see: 'Where can you place the answer?', answer: `${down}${enter}` },
    ]);
    expect(shown.text()).toContain('--preferred-challenges dns');
  });

  it('folders: a web root for each name', async () => {
    const shown = await walkWithBack(['certonly', '--webroot', '--register-unsafely-without-email', '--agree-tos', ...sandboxed()], [
      NAMES('example.com www.example.com'),
      { id: 'webroots', see: 'Which folder does the web server serve', answer: `${clear}${place.folder}${enter}${clear}${place.folder}${enter}`, again: `${enter}${enter}` },
    ]);
    expect(shown.text().replaceAll('\n', '')).toContain(place.folder);
    await finish(shown);
  });

  it('a web folder that is none is refused when it is typed; the question stays, with what was typed, and Enter looks again', async () => {
    const shown = open(['certonly', '--webroot', '-d', 'example.com,www.example.com', '--register-unsafely-without-email', '--agree-tos', ...sandboxed()], { columns: 60, rows: 16, env: { HOME: place.folder } });
    screen = shown;
    const [later, file] = [join(place.folder, 'later'), join(place.folder, 'file')];
    writeFileSync(file, '');
    await shown.see('Which folder does the web server serve');
    shown.type(`${clear}${later}${enter}${clear}${later}${enter}`);
    const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
    await shown.see(/does not\s+exist[^]*Which folder[^]*later/);
    expect(flat(shown.text())).toMatch(/later does not exist, so it cannot be the web folder of example\.com\. Give the folder/);
    mkdirSync(later);
    shown.type(`${enter}${clear}${file}${enter}`);
    await shown.see(/is not a\s+folder[^]*Which folder/);
    shown.type(`${enter}${clear}${later}${enter}`);
    await shown.see(REVIEW);
  });

  it('the same names again: keep, renew, or a second one', async () => {
    await given('-d', 'example.com');
    const shown = await walkWithBack(['certonly', '--standalone', ...sandboxed()], [NAMES('example.com'), { id: 'same-names', see: 'These names already have a certificate', answer: `${down}${enter}` }]);
    expect(shown.text()).toContain('--force-renewal');
    expect(await finish(shown)).toContain('example.com');
    expect(readdirSync(join(place.folder, 'config/archive/example.com'))).toContain('cert2.pem');
  });

  it('more names: expand, separate, or leave', async () => {
    await given('-d', 'example.com');
    const shown = await walkWithBack(['certonly', '--standalone', ...sandboxed()], [NAMES('example.com api.example.com'), { id: 'superset', see: 'are in the certificate', answer: enter }]);
    expect(shown.text()).toContain('--expand');
    await finish(shown);
    expect(readdirSync(join(place.folder, 'config/archive/example.com'))).toContain('cert2.pem');
  });

  it('other names under the same certificate name: added and removed are shown', async () => {
    await given('-d', 'example.com,www.example.com');
    const shown = await walkWithBack(['certonly', '--standalone', '--cert-name', 'example.com', '-d', 'example.com,api.example.com', ...sandboxed()], [
      { id: 'other-names', see: 'This changes the names of the certificate', answer: enter },
    ]);
    await finish(shown);
  });

  it('another key type', async () => {
    await given('-d', 'example.com');
    const shown = await walkWithBack(['certonly', '--standalone', '--key-type', 'rsa', '--force-renewal', ...sandboxed()], [
      NAMES('example.com'),
      { id: 'key-type', see: 'Change it to RSA?', answer: `${down}${enter}` },
    ]);
    expect(shown.text()).toContain('RSA');
    await finish(shown);
  });

  it('two accounts: which one orders', async () => {
    await given('-d', 'example.com');
    const accounts = join(place.folder, 'config/accounts');
    const kept = join(place.folder, 'kept');
    cpSync(accounts, kept, { recursive: true });
    const other = makePlace();
    try {
      const { code } = await runProgram(process.execPath, [binary, 'certonly', '-n', '--standalone', '--agree-tos', '--sandbox', '--sandbox-port', String(port), ...other.directories, '-d', 'example.com'], { env: { HOME: other.folder } });
      expect(code).toBe(0);
      cpSync(join(other.folder, 'config/accounts'), accounts, { recursive: true });
    } finally {
      other.remove();
    }
    const shown = await walkWithBack(['certonly', '--standalone', ...sandboxed()], [NAMES('two.example.com'), { id: 'account', see: 'Which account should order', answer: `${down}${enter}` }]);
    expect(shown.text()).toContain('--account');
    await finish(shown);
  });

  it('an external binding: key identifier and a key that is not shown', async () => {
    const hmac = 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W';
    const pebble = await startPebble({ env: { PEBBLE_VA_NOSLEEP: '1' }, config: { externalAccountBindingRequired: true, externalAccountMACKeys: { 'kid-1': hmac } } });
    try {
      const shown = await walkWithBack(
        ['certonly', '--standalone', '--http-01-port', String(pebble.httpPort), '--server', pebble.directoryUrl, '--register-unsafely-without-email', ...place.directories],
        [NAMES('example.com'), TERMS, { id: 'eab-kid', see: 'Which key identifier', answer: `kid-1${enter}` }, { id: 'eab-hmac-key', see: 'Which HMAC key', answer: `${hmac}${enter}` }],
        { REQUESTS_CA_BUNDLE: pebble.caPath },
      );
      await finish(shown);
      expect(shown.raw()).not.toContain(hmac);
    } finally {
      await pebble.stop();
    }
  });

  it('--debug-challenges: a pause while the answers are in place', async () => {
    const shown = open(['certonly', '--standalone', '--debug-challenges', '--agree-tos', '-m', 'a@example.com', '-d', 'example.com', ...sandboxed()], { env: { HOME: place.folder } });
    screen = shown;
    await shown.see('The challenges are loaded');
    shown.type(enter);
    expect(await shown.exited, shown.all()).toBe(0);
  });
});
