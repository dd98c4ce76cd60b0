import type { BranchlineEvent, EventDraft, TickedCode } from '../model/events.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { adoptions } from '../plan/automation/on-cron.ts';
import {
  type AutomationInput,
  type AutomationPass,
  type AutomationRun,
  passAutomation,
} from '../plan/automation/pass.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { askedAssets } from './asked-assets.ts';
import type { Preview } from './backfills.ts';
import { requestedDraft } from './opening-events.ts';
import { keysAt, type PlanningProject } from './planning.ts';
import { after, ofWriter } from './release.ts';
import { assetTags } from './run-tags.ts';

/** What a pass of automation wants recorded, and what it leaves to later ones. */
export interface AutomationPreview extends Preview {
  readonly runs: readonly AutomationRun[];
  readonly left: AutomationPass['left'];
}

/** What evaluating conditions takes; requests with the same selection are looked up once. */
export function automationInput(planning: PlanningProject, view: StateView, now: EpochMs): AutomationInput {
  const { project, automated } = planning;
  return {
    project,
    automated,
    view,
    now,
    dynamic: keysAt(view, now).dynamic,
    assetsOf: askedAssets(() => planning, view, keysAt(view, now)),
    tagsOf: (assets) => assetTags(planning, assets),
  };
}

/** Partitioned assets that conditions look at: those with `automation`, and what they read. */
export function partitionsOfAutomation({ project, automated }: PlanningProject): AssetKey[] {
  const all = automated.flatMap((key) => [key, ...(project.assets[key]?.deps ?? [])]);
  return all.filter((key) => project.assets[key]?.partitions !== undefined);
}

/** Rules that begin to count: recorded by the first commit of a wake-up. */
export function automationDrafts(planning: PlanningProject, view: StateView, now: EpochMs): EventDraft[] {
  return adoptions(planning.project, planning.automated, view, now);
}

/** The same commit with the runs that conditions ask for: every commit of a wake-up's queue carries them on. */
export function withAutomation(
  planning: PlanningProject,
  base: StateView,
  { view, events }: Preview,
  by: {
    readonly writer: string;
    readonly now: EpochMs;
    readonly drafts?: readonly EventDraft[];
    /** The code that is checked out: an older one asks for nothing later. */
    readonly code?: TickedCode;
  },
): AutomationPreview {
  const code = by.code ? { code: by.code } : {};
  const drafts = (by.drafts ?? []).map((draft) =>
    draft.type === 'automation.adopted' ? { ...draft, ...code } : draft,
  );
  const own = ofWriter(base, by.writer, events, drafts);
  const adopted = own.length === 0 ? view : after(view, own, by.now);
  const { runs, left } = passAutomation(automationInput(planning, adopted, by.now));
  const requests = runs.flatMap(({ run, request, tags }): BranchlineEvent[] =>
    // Asked for before: the same request is the same run.
    view.streams.has(runStream(run, 1))
      ? []
      : numberEvents(runStream(run, 1), 0, [
          { ...requestedDraft({ runId: run, request, tags }, timestamp(by.now)), ...code } as EventDraft,
        ]),
  );
  const all = [...events, ...own, ...requests];
  return { view: requests.length === 0 ? adopted : after(adopted, requests, by.now), events: all, runs, left };
}

/** True when a commit would ask for runs. */
export function doesAutomationMove(planning: PlanningProject, view: StateView, now: EpochMs): boolean {
  if (planning.automated.length === 0) return false;
  return passAutomation(automationInput(planning, view, now)).runs.some(
    ({ run }) => !view.streams.has(runStream(run, 1)),
  );
}
