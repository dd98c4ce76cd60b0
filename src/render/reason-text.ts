import { unreachable } from '../base/result.ts';
import type { AssetVerdict, RunReason, RunRequest, SkipReason } from '../model/plan.ts';
import { formatInstant } from '../time/format.ts';
import { nameSome, safeLine } from './style.ts';

/** The reason of a verdict in a person's words: `code changed: pipelines/monthly.sql`. */
export function reasonText(verdict: Pick<AssetVerdict, 'verdict' | 'reason' | 'detail'>, request?: RunRequest): string {
  if (verdict.verdict === 'if_changed')
    return `after ${nameSome(verdict.detail, 3)}, if ${verdict.detail.length === 1 ? 'it changes' : 'one of them changes'}`;
  if (verdict.reason === 'no_upstreams') return sourceText(verdict.detail, request);
  // A failure's message may be long; its beginning says which one it was.
  const detail =
    verdict.detail.length > 0
      ? `: ${nameSome(
          verdict.detail.map((each) => safeLine(each, 120)),
          3,
        )}`
      : '';
  return `${reasonWords(verdict.reason, request)}${detail}`;
}

/** Of what reads nothing, or only what others make: nothing tells whether that is new. */
function sourceText(external: readonly string[], request: RunRequest | undefined): string {
  if (request?.kind === 'schedule' && request.schedule !== '')
    return `schedule ${request.schedule} due ${formatInstant(request.tick)}`;
  if (external.length === 0) return 'a source: it may have something new';
  return `${nameSome(external, 3)} ${external.length === 1 ? 'is' : 'are'} made by others: there may be something new`;
}

function reasonWords(reason: RunReason | SkipReason, request?: RunRequest): string {
  switch (reason) {
    case 'requested':
      return 'requested';
    case 'never_materialized':
      return 'never materialized';
    case 'failed_last':
      return 'failed last time';
    case 'code_changed':
      return 'code changed';
    case 'upstream_changed':
      return 'upstream newer';
    case 'deps_changed':
      return 'its deps changed';
    case 'data_lost':
      return 'data lost';
    case 'no_upstreams':
      return sourceText([], request);
    case 'materialize_all':
      return 'always materialized';
    case 'with_upstream':
      return 'needed downstream, never materialized';
    case 'retry':
      return 'retry';
    case 'backfill':
      return 'backfill';
    case 'automation':
      return 'automation';
    case 'up_to_date':
      return 'up to date';
    case 'blocked_by_check':
      return 'blocked by a failed check';
    case 'upstream_failed':
      return 'upstream failed';
    case 'upstream_skipped':
      return 'upstream skipped';
    case 'other_environment':
      return 'belongs to another environment';
    case 'external':
      return 'external: made by others';
    case 'not_selected':
      return 'not selected';
    case 'canceled':
      return 'canceled';
    case 'fail_fast':
      return 'not started: --fail-fast after a failure';
    case 'superseded':
      return 'superseded by a newer run';
    default:
      return unreachable(reason);
  }
}

/** A skip with its cause: `upstream marts/records failed`. */
export function skipText(reason: SkipReason, cause: string | undefined): string {
  if (cause === undefined) return reasonWords(reason);
  if (reason === 'upstream_failed') return `upstream ${cause} failed`;
  if (reason === 'upstream_skipped') return cause.includes(' ') ? cause : `upstream ${cause} was skipped`;
  if (reason === 'blocked_by_check') return `blocking check ${cause} failed`;
  return `${reasonWords(reason)}: ${cause}`;
}
