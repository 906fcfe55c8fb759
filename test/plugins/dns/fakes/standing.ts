import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect } from 'vitest';
import { startFake, type Behaviour, type Fake } from './fake.js';

/** Stand-ins and folders of one test: after it they are stopped and removed, and no stand-in may have been asked what is not documented. */
export function standing(): { stand(behaviour: Behaviour, settings?: Parameters<typeof startFake>[2]): Promise<Fake>; folder(): string } {
  const running: Fake[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    const faults = running.flatMap((fake) => fake.faults);
    await Promise.all(running.splice(0).map((fake) => fake.stop()));
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
    expect(faults).toEqual([]);
  });
  return {
    async stand(behaviour, settings = {}) {
      const fake = await startFake(behaviour, ['first.test', 'example.test'], settings);
      running.push(fake);
      return fake;
    },
    folder() {
      const folder = mkdtempSync(join(tmpdir(), 'certwright-dns-'));
      folders.push(folder);
      return folder;
    },
  };
}
