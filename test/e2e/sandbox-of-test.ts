import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from 'vitest';
import type { PolicyWish } from '../../src/sandbox/policy.js';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { makePlace, type Ended, type Place } from './certwright.js';
import { freePorts } from './pebble.js';

/** The sandbox CA and the directories of the test that runs; its root stands in `root.pem` of the place. */
export let sandbox: Sandbox;
export let place: Place;
/** Where the sandbox looks for http-01. */
export let httpPort: number;

/** Gives every test of the file a sandbox and a place of its own. */
export function sandboxOfEachTest(policy: PolicyWish = { authzReuse: false }): void {
  beforeEach(async () => {
    const [http = 0, tlsPort = 0] = await freePorts(2);
    httpPort = http;
    sandbox = await startSandbox({ httpPort, tlsPort, policy });
    place = makePlace();
    writeFileSync(join(place.folder, 'root.pem'), sandbox.rootPem);
  });
  afterEach(async () => {
    place.remove();
    await sandbox.stop();
  });
}

/** What a program wrote to stdout that must have ended well. */
export async function fine(ended: Promise<Ended>): Promise<string> {
  const { code, stdout, stderr } = await ended;
  expect(code, `${stdout}${stderr}`).toBe(0);
  return stdout;
}
