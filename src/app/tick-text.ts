import { count } from '../render/style.ts';
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
