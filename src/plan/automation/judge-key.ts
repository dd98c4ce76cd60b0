import { unreachable } from '../../base/result.ts';
import type { Timestamp } from '../../model/instant.ts';
import type { Asset, AutomationRule } from '../../model/project.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import { type DepReading, type Reading, readKey, type Surroundings } from './reading.ts';

/** Beside what is recorded: what a condition depends on. */
export interface ConditionInput extends Surroundings {
  /** The newest tick of an asset's `on_cron` that counts; undefined = none yet. */
  readonly tickOf: (asset: Asset) => Timestamp | undefined;
  /** Keys that a condition of an asset is about; undefined = all. */
  readonly latestKeys: (asset: Asset) => ReadonlySet<string> | undefined;
}

/** The tick that an `on_cron` is about, and the newest for which it was asked for. */
export interface Ticks {
  readonly tick?: Timestamp | undefined;
  readonly askedTick?: Timestamp | undefined;
}

/** What came of a condition for one key of an asset. */
export interface Judgement {
  readonly isTrue: boolean;
  readonly reading: Reading;
  /** The tick that it is about (`on_cron`). */
  readonly tick?: Timestamp;
  /** Nothing but an upstream of the same run asks for it. */
  readonly isOnlyJoined: boolean;
}

/**
 * Whether the condition of one key of an asset is true (semantics.md 6): that of `explainCondition`, without its words. An
 * upstream that is asked for in the same pass counts as updated where one run can make both, and as in progress elsewhere.
 */
export function judgeKey(input: ConditionInput, asset: Asset, rule: AutomationRule, key: string): Judgement {
  const reading = readKey(input, asset, key);
  const ticks = ticksOf(input, asset, rule);
  return {
    isTrue:
      isInWindow(input, asset, key) &&
      isWanted(rule, reading, ticks) &&
      reading.deps.every(isReady) &&
      input.busy(asset.key, key) === undefined,
    reading,
    ...(ticks.tick === undefined ? {} : { tick: ticks.tick }),
    isOnlyJoined:
      rule.kind === 'eager' && !reading.isMissing && !reading.isOutdated && reading.deps.some((dep) => dep.isJoined),
  };
}

export function ticksOf(input: ConditionInput, asset: Asset, rule: AutomationRule): Ticks {
  if (rule.kind !== 'on_cron') return {};
  return { tick: input.tickOf(asset), askedTick: input.view.assets.get(asset.key)?.onCron?.asked };
}

function isInWindow(input: ConditionInput, asset: Asset, key: string): boolean {
  const latest = input.latestKeys(asset);
  return latest === undefined || key === WHOLE || latest.has(key);
}

function isWanted(rule: AutomationRule, reading: Reading, ticks: Ticks): boolean {
  switch (rule.kind) {
    case 'eager':
      return isMissingOrUpdated(reading) && isNotHandled(reading);
    case 'on_missing':
      return reading.isMissing && isNotHandled(reading);
    case 'on_cron':
      return (
        ticks.tick !== undefined &&
        handledSince(reading, ticks) === false &&
        reading.deps.every((dep) => isUpdatedSince(dep, ticks))
      );
    default:
      return unreachable(rule);
  }
}

/** Nothing of it is missing, at work or held. */
function isReady({ missing, busy, held }: DepReading): boolean {
  return missing === undefined && busy === undefined && held === undefined;
}

export function isMissingOrUpdated({ isMissing, isOutdated, deps }: Reading): boolean {
  return isMissing || isOutdated || deps.some((dep) => dep.isJoined);
}

/** The loop guard: what was asked for, or begun, since it was made, for just these versions. */
export function isNotHandled({ last, versions }: Reading): boolean {
  return last.handled?.versions !== versions;
}

function isSince(instant: Timestamp | undefined, { tick }: Ticks): boolean {
  return tick !== undefined && instant !== undefined && instant >= tick;
}

/** What was made or asked for since the tick; true where only that it was asked for at this tick is known. */
export function handledSince(
  { last }: Reading,
  ticks: Ticks,
): { readonly at: Timestamp; readonly run: string } | boolean {
  const since = [last.handled, last.made].find((each) => isSince(each?.at, ticks));
  // The clock of who made it may be behind: that it was asked for at this tick settles it.
  return since ?? (ticks.tick !== undefined && ticks.askedTick !== undefined && ticks.askedTick >= ticks.tick);
}

export function isUpdatedSince(dep: DepReading, ticks: Ticks): boolean {
  return dep.isJoined || dep.isUnobserved || isSince(dep.at(), ticks);
}
