import { defineConfig } from 'vitest/config';

// Mirrors of src are unit tests; e2e talks to real programs; pty types keys into the built binary.
const programs = ['test/e2e/**/*.test.ts', 'test/pty/**/*.test.ts'];

export default defineConfig({
  root: new URL('..', import.meta.url).pathname,
  define: { CERTWRIGHT_VERSION: '"0.0.0-test"' },
  test: {
    pool: 'forks',
    reporters: ['default'],
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts', 'test/**/*.test.tsx'], exclude: programs, testTimeout: 60_000 } },
      { extends: true, test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 60_000 } },
      { extends: true, test: { name: 'pty', include: ['test/pty/**/*.test.ts'], testTimeout: 90_000, hookTimeout: 60_000 } },
    ],
  },
});
