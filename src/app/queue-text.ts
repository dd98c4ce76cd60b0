import { unreachable } from '../base/result.ts';
import type { Wait } from '../plan/queue.ts';
import { formatInstant } from '../time/format.ts';
import { type AppFailure, outsideFailure } from './failure.ts';

/** Why a run waits, in words: `all 10 places are taken (run …, run …)`. */
export function waitText(wait: Wait): string {
  switch (wait.kind) {
    case 'all-places':
      if (wait.limit === 0) return 'nothing leaves the queue (`max_concurrent_runs: 0`)';
      return `${takenText(wait.limit, 'place')}${heldBy(wait.holders)}`;
    case 'not-due':
      return `it is due at ${formatInstant(wait.due)}`;
    case 'tag': {
      const tag = wait.value === undefined ? `the tag ${wait.key}` : `${wait.key}=${wait.value}`;
      if (wait.limit === 0) return `no run with ${tag} may start (limit 0)`;
      return `${takenText(wait.limit, 'place', tag)}${heldBy(wait.holders)}`;
    }
    case 'pool':
      if (wait.limit === 0) return `no step of pool ${wait.pool} may start (it has no slots)`;
      return `${takenText(wait.limit, 'slot', `pool ${wait.pool}`)}${heldBy(wait.holders)}`;
    case 'held':
      return `${wait.what} ${wait.what.includes(', ') ? 'are' : 'is'} held${heldBy(wait.holders, ' by ')}`;
    default:
      return unreachable(wait);
  }
}

/** A limit that is used up: `the only slot of pool api is taken`, `all 4 places of source=crm are taken`. */
export function takenText(limit: number, what: 'place' | 'slot', of?: string): string {
  const whose = of === undefined ? '' : ` of ${of}`;
  return limit === 1 ? `the only ${what}${whose} is taken` : `all ${limit} ${what}s${whose} are taken`;
}

/** At most three by name. */
function heldBy(holders: readonly string[], word = ': '): string {
  if (holders.length === 0) return '';
  const some = holders.slice(0, 3).map((run) => `run ${run}`);
  return `${word}${some.join(', ')}${holders.length > 3 ? ` and ${holders.length - 3} more` : ''}`;
}

/** The refusal of a run that no wait would help; the one that waits is told what it waits for. */
export function closedFailure(wait: Wait): AppFailure {
  return outsideFailure(
    'queue-closed',
    `It cannot start: ${waitText(wait)}, so there is nothing to wait for.`,
    `${cureOf(wait)} Nothing was recorded.`,
  );
}

function cureOf(wait: Wait): string {
  switch (wait.kind) {
    case 'all-places':
      return 'Write `max_concurrent_runs: 1` or more in `run_queue` of branchline.yaml, or take the line out (10 at once).';
    case 'tag':
      return `Raise the limit of \`${wait.key}\` in \`run_queue.tag_concurrency_limits\` of branchline.yaml, or run without the tag.`;
    case 'pool':
      return `Give the pool slots in branchline.yaml: \`pools: { ${wait.pool}: 1 }\`.`;
    case 'not-due':
    case 'held':
      return '`branchline queue` shows who waits for what.';
    default:
      return unreachable(wait);
  }
}

/** The refusal of a run that waited in vain. */
export function heldFailure(why: string | undefined): AppFailure {
  return outsideFailure(
    'held',
    `It could not start: ${why ?? 'its turn did not come'}.`,
    'Wait for it to end, or give `--wait` more time; `branchline queue` shows who waits for what, and `branchline tick` carries on what nobody is at work on.',
  );
}
