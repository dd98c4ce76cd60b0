import { count } from '../render/style.ts';
import { formatInstant } from '../time/format.ts';
import { holderText } from './claims.ts';
import type { JudgedTick } from './judged-before.ts';
import { triggerText } from './run-message.ts';
import type { TickOutcome } from './tick.ts';

/** Nothing was due, nothing was asked for, and nothing waits. */
export function isIdle({ due, runs, known, held, automation }: TickOutcome): boolean {
  return [due, runs, known, held, automation.asked].every((each) => each.length === 0);
}

/** What assets ask for by themselves: in a dry run all of it, and always what is left to later passes. */
export function automationLines({ asked, left }: TickOutcome['automation'], isDryRun: boolean): string[] {
  const wanted = isDryRun ? asked.map(({ request }) => `Would run ${triggerText(request)}.`) : [];
  const later = left.map(
    ({ asset, partitions }) => `${asset}: ${count(partitions, 'more partition')} in later passes, as runs end.`,
  );
  return [...wanted, ...later];
}

/** `daily of 2026-11-22 02:23 UTC was judged already (run …: SUCCESS); it is next at 2026-11-23 02:23 UTC.` */
export function idleText(next: TickOutcome['next'][number], before: readonly JudgedTick[]): string {
  const last = before.find(({ schedule }) => schedule === next.schedule);
  const judged = last ? `of ${formatInstant(last.tick)} was judged already (${judgedText(last)}); it ` : '';
  return `${next.schedule} ${judged}is next at ${formatInstant(next.tick)}.`;
}

function judgedText({ outcome, run, state, claim, retry }: JudgedTick): string {
  if (run === undefined) return outcome;
  if (claim) return `${holderText(claim)} is at work on it`;
  const again = retry ? `; its retry ${retry.run}: ${retry.state}` : '';
  return `run ${run}${state === undefined ? '' : `: ${state}`}${again}`;
}
