import { unreachable } from '../base/result.ts';
import type { CheckFinding, HealthReason } from '../insights/health.ts';
import type { MaterializationRecord } from '../model/state.ts';
import { formatInstant } from '../time/format.ts';
import { type Phrase, said } from './phrase.ts';
import { count, formatCount } from './style.ts';

/** What a reason's sentence depends on beside the reason. */
export interface ReasonContext {
  readonly materialized?: Pick<MaterializationRecord, 'at'>;
  /** A failed attempt cannot have touched what is published. */
  readonly keepsPublished: boolean;
  /** Other assets read it. */
  readonly hasReaders: boolean;
  /** It has partitions, and a failure may be about some of them alone. */
  readonly isCut: boolean;
  /** The command that makes again what is lost of it. */
  readonly cure?: string;
  /** All of it is lost. */
  readonly isGone?: boolean;
}

/** What is wrong, as the rest of a sentence that begins with the asset: `failed at …: exit code 1`. No full stop. */
export function reasonPhrase(reason: HealthReason, context: ReasonContext): Phrase {
  switch (reason.kind) {
    case 'materialization_failed':
      return failurePhrase(reason, context);
    case 'partitions_failed':
      return partitionsPhrase(reason);
    case 'partitions_lost':
      return lostPhrase(reason);
    case 'data_lost':
      return [`lost its data, seen at ${formatInstant(reason.at)}: `, said(reason.message)];
    case 'check_failed':
      return ['does not pass ', { name: reason.finding.check }, ': ', said(reason.finding.result.message)];
    case 'check_errored':
      return ['could not be judged by ', { name: reason.finding.check }, ': ', said(reason.finding.result.message)];
    case 'check_warned':
      return warningPhrase(reason.finding);
    case 'never_materialized':
      return ['has not been made yet'];
    case 'external':
      return ['is made by others; nothing is known of it yet'];
    default:
      return unreachable(reason);
  }
}

type Failed = Extract<HealthReason, { kind: 'materialization_failed' }>;

function failurePhrase(reason: Failed, { materialized }: ReasonContext): Phrase {
  const [finding, ...more] = reason.findings;
  if (finding) {
    const since = materialized
      ? `has not been published since ${formatInstant(materialized.at)}`
      : 'was never published';
    const others = more.length > 0 ? ` (and ${more.length} more)` : '';
    return [`${since}: `, { name: finding.check }, ' says ', said(finding.result.message), others];
  }
  const message = reason.failure?.message ?? '';
  const cause: Phrase = message === '' ? [] : [': ', said(message)];
  return [`failed at ${formatInstant(reason.at)}`, ...cause];
}

const KEYS_MAX = 3;

function partitionsPhrase({ failed, keys }: Extract<HealthReason, { kind: 'partitions_failed' }>): Phrase {
  return [`is not whole, ${count(failed, 'partition')} failed`, ...someKeys(keys, failed)];
}

function lostPhrase({ lost, keys }: Extract<HealthReason, { kind: 'partitions_lost' }>): Phrase {
  return [`lost the data of ${count(lost, 'partition')}`, ...someKeys(keys, lost)];
}

function someKeys(keys: readonly string[], all: number): Phrase {
  const shown = keys.slice(0, KEYS_MAX);
  const more = all - shown.length;
  return [
    shown.length === 0 ? '' : ': ',
    ...shown.flatMap((key, i) => [i === 0 ? '' : ', ', { name: key }]),
    shown.length > 0 && more > 0 ? ` and ${formatCount(more)} more` : '',
  ];
}

function warningPhrase({ check, result }: CheckFinding): Phrase {
  return result.status === 'ERRORED'
    ? ['could not be judged by ', { name: check }, ' (counts as a warning): ', said(result.message)]
    : ['has a warning from ', { name: check }, ': ', said(result.message)];
}

/** What it means for those who read the data, and what to do: a sentence with a full stop, or nothing to add. */
export function consequencePhrase(reason: HealthReason, context: ReasonContext): Phrase | undefined {
  switch (reason.kind) {
    case 'materialization_failed':
      // Where its data is gone, that is said beside it, and nothing of it is published.
      return context.isGone ? undefined : [failureConsequence(reason, context)];
    case 'partitions_failed':
      return [
        { command: 'branchline backfill start' },
        ' with ',
        { command: '--partitions failed' },
        ` makes ${reason.failed === 1 ? 'it' : 'them'} again.`,
      ];
    case 'partitions_lost':
      return context.cure === undefined ? undefined : [{ command: context.cure }, ' makes what is gone again.'];
    case 'data_lost':
      return context.cure === undefined
        ? ['The next run makes it anew, if it may (`on_lost`).']
        : ['The next run makes it anew, if it may (`on_lost`); ', { command: context.cure }, ' does so now.'];
    case 'check_failed':
    case 'check_errored':
      return reason.holds ? ['What is downstream does not run until it passes.'] : undefined;
    case 'check_warned':
    case 'never_materialized':
    case 'external':
      return undefined;
    default:
      return unreachable(reason);
  }
}

function failureConsequence(reason: Failed, context: ReasonContext): string {
  const at = context.materialized?.at;
  if (at === undefined) return 'There is no data of it yet.';
  if (context.keepsPublished && context.isCut) return 'What is published of its partitions stays.';
  if (context.keepsPublished) {
    const data = reason.findings.length > 0 ? 'the data from then' : `the data of ${formatInstant(at)}`;
    return context.hasReaders ? `Downstream still reads ${data}.` : `What is published is still ${data}.`;
  }
  return `Its last success was at ${formatInstant(at)}; what a failed attempt left behind is not known.`;
}

/** `failed 3 times in a row since 2026-11-21 09:23 UTC`; undefined for the first time. */
export function rowOfFailures(reason: HealthReason): string | undefined {
  if (reason.kind !== 'materialization_failed' || reason.failuresInRow < 2) return undefined;
  const since = reason.since === undefined ? '' : ` since ${formatInstant(reason.since)}`;
  return `failed ${formatCount(reason.failuresInRow)} times in a row${since}`;
}
