import type { BenchRow } from '../row.ts';
import { action } from './action.ts';
import { automation } from './automation.ts';
import { check } from './check.ts';
import { stateHistory } from './history.ts';
import { partitions } from './partitions.ts';
import { queue } from './queue.ts';
import { simulate, simulateLarge } from './simulate.ts';
import { sql } from './sql.ts';
import { plan, version } from './start.ts';
import { stateCommit } from './state.ts';
import { steps } from './steps.ts';
import { stateYears } from './years.ts';

/** Every row, in the order of the table. */
export const rows: readonly BenchRow[] = [
  steps,
  version,
  plan,
  action,
  check,
  sql,
  partitions,
  stateCommit,
  stateHistory,
  stateYears,
  queue,
  automation,
  simulate,
  simulateLarge,
];
