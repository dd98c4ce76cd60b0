import { defineConfig } from 'vitest/config';
import { countReporter } from './test/count-reporter.ts';

// One process per worker and no isolation between files: module mocks and global state are forbidden, so nothing can
// leak, and the suite starts some twenty times faster. A file that really needs isolation gets its own project here.
const shared = {
  isolate: false,
  server: { deps: { inline: [/@actions\/(expressions|workflow-parser)/] } },
};

export default defineConfig({
  logLevel: 'error',
  test: {
    isolate: false,
    maxWorkers: 2,
    reporters: ['default', countReporter()],
    projects: [
      // The limit is for what hangs; a busy machine may take its time over a property.
      { test: { ...shared, name: 'fast', include: ['src/**/*.test.ts'], testTimeout: 240_000, hookTimeout: 240_000 } },
      {
        test: {
          ...shared,
          name: 'e2e',
          globalSetup: ['test/built-cli.ts'],
          include: ['test/**/*.test.ts', 'bench/**/*.test.ts'],
          testTimeout: 480_000,
          hookTimeout: 480_000,
        },
      },
    ],
  },
});
