import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makePlace } from '../e2e/certwright.js';
import { freePorts } from '../e2e/pebble.js';
import { keys, open } from './terminal.js';

const { down, enter, escape } = keys;

it('N15: in the wizard the names with * are proved by DNS and the others by a server; Esc leads back through both questions', { timeout: 90_000 }, async () => {
  const place = makePlace();
  const [port = 0] = await freePorts(1);
  const screen = open(['certonly', '--agree-tos', '--register-unsafely-without-email', '--sandbox', '--sandbox-port', String(port), '-d', 'example.com,*.example.com', ...place.directories], { columns: 80, rows: 34, env: { HOME: place.folder } });
  try {
    await screen.see('❯ By hand');
    screen.type(`${down}${down}`);
    await screen.see('❯ Names with * by DNS, the others another way');
    screen.type(enter);
    await screen.see('How can example.com be proved yours?');
    screen.type(escape);
    await screen.see('❯ Names with * by DNS');
    screen.type(enter);
    await screen.see('How can example.com be proved yours?');
    for (let presses = 0; presses < 8 && !screen.text().includes('❯ A small server for a moment'); presses += 1) {
      const before = screen.text();
      screen.type(down);
      await expect.poll(() => screen.text()).not.toBe(before);
    }
    screen.type(enter);
    await screen.see('How can *.example.com be proved yours?');
    await screen.see('❯ By hand');
    expect(screen.text()).toMatch(/Without \*\s+A small server for a moment/);
    screen.type(enter);
    await screen.see('❯ Do it');
    const review = screen.text().replace(/\s+/g, ' ');
    expect(review).toContain('*.example.com: by hand, dns-01');
    expect(review).toContain('example.com: a small server for a moment, http-01');
    expect(review).toContain("-a manual -d '*.example.com' -a standalone -d example.com");
    screen.type(enter);
    await screen.see('Add this record');
    expect(await screen.exited, screen.all()).toBe(0);
  } finally {
    screen.kill();
  }
  const saved = readFileSync(join(place.folder, 'config/renewal/example.com.conf'), 'utf8');
  expect(saved).toContain('authenticator = manual\n');
  expect(saved.split('[certwright]')[1]).toContain('example.com = standalone');
  place.remove();
});
