import { relative } from 'node:path';
import { sentence } from '../app/run-message.ts';
import type { RunObserver, RunOutcome } from '../app/run-ports.ts';
import type { OpenProject } from '../compose/open-project.ts';
import type { EventDraft } from '../model/events.ts';
import { isCuredByMessage } from '../model/failure.ts';
import type { Plan } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import { type AssetLine, assetLines } from '../render/asset-lines.ts';
import { partitionProgress } from '../render/partition-progress.ts';
import {
  againOptions,
  decidedRetry,
  keptDataText,
  leftAloneLines,
  renderAssetLine,
  renderRetry,
  renderTotals,
} from '../render/run-text.ts';
import { nameSome, paint } from '../render/style.ts';
import { formatDuration } from '../time/format.ts';

/** What a report of a run names of the world: the folder of its logs, and the state. */
export interface ReportedWorld {
  readonly run: { readonly logFolder: string };
  readonly store: { readonly label: string };
}

/** Prints a run as it goes: a line an asset, a status line below on a terminal, totals at the end. */
export function runReporter(
  opened: Pick<OpenProject, 'host' | 'style' | 'loaded'>,
  world: ReportedWorld,
  quiet: boolean,
): RunObserver & { end(): void; summary(outcome: RunOutcome): void } {
  const { host, style, loaded } = opened;
  const progressOf = partitionProgress();
  const byStep = new Map<string, EventDraft[]>();
  const running = new Set<string>();
  let plan: Plan | undefined;
  let width = 10;
  let total = 0;
  let done = 0;
  const status = (): void => {
    if (quiet || total === 0) return;
    const filled = Math.round((done / total) * 20);
    const bar = style.unicode
      ? '█'.repeat(filled) + '░'.repeat(20 - filled)
      : '#'.repeat(filled) + '.'.repeat(20 - filled);
    host.status(`${bar} ${done} of ${total}  ${nameSome([...running], 3)}`);
  };
  const show = (events: readonly EventDraft[]): void => {
    if (quiet) return;
    for (const line of assetLines(events)) host.print(renderAssetLine(line, style, width));
  };
  return {
    onPlan(next) {
      plan = next;
      const assets = next.steps.flatMap((step) => step.assets.map((a) => a.asset));
      width = Math.min(48, Math.max(10, ...assets.map((asset) => asset.length)));
      total = next.steps.filter((step) => step.verdict !== 'skip').length;
      done = 0;
      status();
    },
    onEvent(event) {
      const step = 'step' in event ? event.step : undefined;
      if (step === undefined) return;
      const events = byStep.get(step) ?? [];
      events.push(event);
      byStep.set(step, events);
      const progress = progressOf(event, plan);
      if (progress !== undefined && !quiet && !host.interactive) host.progress(progress);
      if (event.type === 'step.started') running.add(step);
      // A skip of the whole step, or a part of one: the part's line comes now, the step's own when it ends.
      if (event.type === 'step.skipped' && !running.has(step)) {
        if (plan?.steps.find((planned) => planned.id === step)?.verdict !== 'skip') done++;
        show([event]);
        byStep.delete(step);
      }
      if (event.type === 'step.attempt-ended' && event.retryAt !== undefined) {
        running.delete(step);
        if (!quiet) host.print(renderRetry({ ...event, retryAt: event.retryAt }, style));
      }
      if (event.type === 'step.ended') {
        running.delete(step);
        done++;
        show(byStep.get(step) ?? []);
        byStep.delete(step);
      }
      status();
    },
    end: () => host.status(''),
    summary(outcome) {
      if (quiet) return;
      const lines = assetLines(outcome.drafts);
      const upToDate = outcome.counts.upToDate - lines.filter((line) => line.verdict === 'up_to_date').length;
      const waiting = outcome.plan.steps.flatMap((step) =>
        step.assets.filter((a) => a.verdict === 'skip' && a.reason === 'up_to_date').map((a) => a.asset),
      );
      if (upToDate > 0 && waiting.length > 0)
        host.print(
          paint(style, 'dim', `${style.unicode ? '–' : '-'} ${waiting.length} up to date: ${nameSome(waiting)}`),
        );
      const shown = [
        ...lines,
        ...waiting.map((asset) => ({ asset, verdict: 'up_to_date' as const, checks: [], durationMs: 0 })),
      ];
      if (shown.length === 0) for (const line of leftAloneLines(outcome.plan, style)) host.print(line);
      host.print(`\n${renderTotals(shown, outcome.state, outcome.durationMs)}`);
      for (const text of closingLines(outcome, world, loaded.project)) host.print(text);
    },
  };
}

/** Who makes what failed again: a retry by itself, or a person. */
function retryLines({ plan, drafts, state }: RunOutcome, failed: AssetLine | undefined): string[] {
  const { request, environment } = plan;
  if (state === 'SUCCESS' && request.kind === 'retry')
    return [`Run ${request.root} failed; this retry of it succeeded.`];
  const decided = decidedRetry(drafts);
  if (decided?.decision === 'retry') return [`${sentence(decided.message)}.`];
  // What is lost is not made good by the reader's own command, and the message names the one that does.
  if (isCuredByMessage(failed?.failure)) return [];
  const where = environment === 'local' ? '' : ` --environment ${environment}`;
  return failed ? [`After a fix: branchline run${where} ${againOptions(failed)}`] : [];
}

/** What is left after a failure and what to do next, and where the state is. */
function closingLines(outcome: RunOutcome, world: ReportedWorld, project: Project | undefined): string[] {
  const lines: string[] = [];
  const failed = assetLines(outcome.drafts).filter((line) => line.failure !== undefined);
  const first = failed[0];
  if (first) {
    const readers = Object.values(project?.assets ?? {}).filter(({ deps }) => deps.includes(first.asset));
    const kept = keptDataText(first, outcome.after.view, readers.length > 0);
    if (kept !== undefined) lines.push(kept);
    if (first.failure?.logTail && first.failure.code !== 'sql')
      lines.push(`Logs: ${relative('.', world.run.logFolder)}`);
  }
  lines.push(...retryLines(outcome, first));
  if (outcome.commit !== undefined) lines.push(`State ${outcome.commit.slice(0, 7)} on ${world.store.label}.`);
  if (outcome.state === 'CANCELED')
    lines.push(`Stopped after ${formatDuration(outcome.durationMs)}; what had finished is recorded.`);
  return lines;
}
