import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { countReporter } from './test/count-reporter.ts';

/** Small files that take more than half a minute. */
const longFiles = ['/src/app/fault-schedules.test.ts', '/test/cut-off.test.ts', '/test/fan-out-workflow.test.ts'];

/** Files go by size, largest first: a small one that takes long would be left to one worker when the other has no more. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const bySize = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => longFiles.some((end) => moduleId.endsWith(end));
    return [...bySize.filter(isLong), ...bySize.filter((file) => !isLong(file))];
  }
}

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
    sequence: { sequencer: LongestFirst },
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
