import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Mirrors of src are unit tests; e2e talks to real programs; pty types keys into the built binary.
const programs = ['test/e2e/**/*.test.ts', 'test/pty/**/*.test.ts'];

/** Left out where the tests are repeated on a newer Node: decisions and readers of servers' configurations, which are pure functions, and the questions in a terminal one by one. */
const repeated = process.env['CERTWRIGHT_REPEATED'] === '1' ? ['test/core/{decide/**,decide-walks.test.ts,collect.test.ts}', 'test/plugins/{apache,nginx}/**', 'test/pty/!(wizard).test.ts'] : [];

/** The long files begin first: at the end there are only short ones left to share among the workers. */
class LongFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const order = ['pty', 'e2e', 'unit'];
    return (await super.sort(files)).toSorted((one, other) => order.indexOf(one.project.name) - order.indexOf(other.project.name));
  }
}

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  define: { CERTWRIGHT_VERSION: '"0.0.0-test"' },
  test: {
    pool: 'forks',
    // Two more than there are cores: programs that the tests talk to are waited for a good part of the time.
    maxWorkers: availableParallelism() + 2,
    sequence: { sequencer: LongFilesFirst },
    reporters: ['default'],
    expect: { poll: { timeout: 20_000 } },
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts', 'test/**/*.test.tsx'], exclude: [...programs, ...repeated], testTimeout: 60_000 } },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 } },
      { extends: true, test: { name: 'pty', include: ['test/pty/**/*.test.ts'], exclude: repeated, testTimeout: 90_000, hookTimeout: 60_000 } },
    ],
  },
});
