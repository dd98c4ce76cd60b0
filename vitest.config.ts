import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { countReporter } from './test/count-reporter.ts';
import { workInMemory } from './test/memory-folder.ts';

workInMemory();

/** Small files that take more than half a minute, the longest first. */
const longFiles = [
  '/src/adapters/git-state-store.test.ts',
  '/src/adapters/git-state-store-isomorphic.test.ts',
  '/src/adapters/git-state-store-mixed.test.ts',
  '/src/app/fault-schedules.test.ts',
  '/test/contention.test.ts',
  '/test/cut-off.test.ts',
  '/test/fan-out-workflow.test.ts',
  '/test/fan-out.test.ts',
  '/test/fan-out-storage.test.ts',
  '/test/storage-database.test.ts',
  '/test/kept-database.test.ts',
];

/**
 * Files that start many processes, git most of all. Node forks to start one, which takes the longer the more memory it has:
 * 3 ms with nothing in it, 30 ms with the 300 MB that a worker has after some hundred files. So each has a new worker.
 */
const startProcesses = ['src/adapters/**/*.test.ts', 'src/compose/**/*.test.ts', 'src/testing/github/**/*.test.ts'];

/** Files go by size, largest first: a small one that takes long would be left to one worker when the other has no more. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification): number => {
      const found = longFiles.findIndex((end) => moduleId.endsWith(end));
      return found < 0 ? longFiles.length : found;
    };
    return bySize.sort((one, other) => rank(one) - rank(other));
  }
}

// Files that only compute share the process of their worker: module mocks and global state are forbidden, so nothing can
// leak, and the suite starts some twenty times faster.
const shared = {
  server: { deps: { inline: [/@actions\/(expressions|workflow-parser)/] } },
};

export default defineConfig({
  logLevel: 'error',
  test: {
    isolate: false,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    reporters: ['default', countReporter()],
    projects: [
      // The limit is for what hangs; a busy machine may take its time over a property.
      {
        test: {
          ...shared,
          name: 'processes',
          isolate: true,
          include: startProcesses,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'fast',
          isolate: false,
          include: ['src/**/*.test.ts'],
          exclude: startProcesses,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        test: {
          ...shared,
          name: 'e2e',
          isolate: true,
          globalSetup: ['test/built-cli.ts'],
          include: ['test/**/*.test.ts', 'bench/**/*.test.ts'],
          testTimeout: 480_000,
          hookTimeout: 480_000,
        },
      },
    ],
  },
});
