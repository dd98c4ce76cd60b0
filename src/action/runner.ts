import { writeFileSync } from 'node:fs';
import { EOL } from 'node:os';
import * as core from '@actions/core';
import { fail, ok, type Result } from '../base/result.ts';
import type { Annotation } from './annotations.ts';

/** Names of the outputs that a job may set (action.yml). */
export type OutputName =
  | 'status'
  | 'has-work'
  | 'run-ids'
  | 'changed-assets'
  | 'changed-count'
  | 'plan-digest'
  | 'matrix'
  | 'state-commit'
  | 'report-url';

/** How we speak to the runner that started us. */
export interface Runner {
  /** Hides a value in the log from now on, whoever prints it. */
  mask(value: string): void;
  annotate(annotation: Annotation): void;
  setOutput(name: OutputName, value: string): void;
  /** Written at once: it outlives this process however it ends. Read by `post`. */
  keep(name: KeptName, value: string): void;
  summarize(markdown: string): Promise<Result<void, string>>;
}

/** What `main` leaves for `post`. */
export type KeptName = 'records' | 'done';

/** Values shorter than this are never masked: half of the log would be stars. */
const MASKED_CHARS_MIN = 4;

/** The runner of a job on GitHub, through its own library. */
export function openRunner(): Runner {
  return {
    mask(value) {
      if (value.length >= MASKED_CHARS_MIN) core.setSecret(value);
    },
    annotate({ level, title, message, file, line, column }) {
      const show = level === 'error' ? core.error : core.warning;
      show(message, {
        title,
        ...(file === undefined ? {} : { file }),
        ...(line === undefined ? {} : { startLine: line }),
        ...(column === undefined ? {} : { startColumn: column }),
      });
    },
    setOutput: (name, value) => core.setOutput(name, value),
    keep: (name, value) => core.saveState(name, value),
    async summarize(markdown) {
      // A server without summaries gives no file for them.
      const file = process.env['GITHUB_STEP_SUMMARY'];
      if (!file) return ok(undefined);
      try {
        // As the library would, without the modules of Node that it takes for that.
        writeFileSync(file, `${markdown}${EOL}`);
        return ok(undefined);
      } catch (error) {
        return fail((error as Error).message);
      }
    },
  };
}
