import { randomBytes } from 'node:crypto';
import { type AskedBackfill, askBackfill, type BackfillOptions, backfillId, previewOf } from '../app/ask-backfill.ts';
import type { AppFailure } from '../app/failure.ts';
import type { PlanningProject } from '../app/planning.ts';
import { backfillAssets, presentForBackfill } from '../app/start-backfill.ts';
import { readState } from '../app/state-reading.ts';
import { ok, type Result } from '../base/result.ts';
import type { OpenProject } from '../compose/open-project.ts';
import type { World } from '../compose/wiring.ts';
import type { BackfillPreview } from '../render/backfill-text.ts';
import type { GlobalOptions } from './command.ts';
import { priceOf } from './plan.ts';

/** What `backfill preview` and `backfill start` take. */
export interface AskingOptions extends GlobalOptions {
  readonly select: string;
  readonly partitions?: string;
  readonly reason?: string;
  readonly priority?: string;
  readonly tag?: readonly string[];
  readonly environment: 'local' | 'production';
}

/** A backfill as it would be started now, with what it takes by history. */
export interface Previewed {
  readonly id: string;
  readonly options: BackfillOptions;
  readonly asked: AskedBackfill;
  readonly preview: BackfillPreview;
}

/** Settles what the options mean on the newest state; records nothing. */
export async function previewBackfill(
  opened: OpenProject,
  world: World,
  planning: PlanningProject,
  asking: AskingOptions,
): Promise<Result<Previewed, AppFailure>> {
  const { select, partitions, reason, priority, tag } = asking;
  const options: BackfillOptions = {
    select,
    ...(partitions === undefined ? {} : { partitions }),
    ...(reason === undefined ? {} : { reason }),
    ...(priority === undefined ? {} : { priority }),
    ...(tag === undefined ? {} : { tags: tag }),
  };
  const state = await readState(world.state, undefined, { partitionsOf: backfillAssets(planning, select) });
  if (!state.ok) return state;
  const { now, read } = state.value;
  const id = backfillId({ nonce: randomBytes(10).toString('hex') }, now);
  const view = await presentForBackfill(world.run.findLost, planning, read.view, now, options);
  const asked = askBackfill(planning, view, now, { options, id });
  if (!asked.ok) return asked;
  // A laptop costs nothing by the minute.
  const price = asking.environment === 'local' ? undefined : await priceOf(opened.root, world.project);
  const preview = previewOf(planning.project, view, asked.value, price);
  return ok({ id, options, asked: asked.value, preview });
}
