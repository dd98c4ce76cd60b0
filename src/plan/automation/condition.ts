import { unreachable } from '../../base/result.ts';
import type { Operand, OperandName } from '../../model/automation.ts';
import type { Timestamp } from '../../model/instant.ts';
import type { Asset, AutomationRule } from '../../model/project.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import { type DepReading, type Reading, readKey, type Surroundings } from './reading.ts';

/** What came of a condition for one key of an asset. */
export interface Judgement {
  readonly condition: Operand;
  readonly isTrue: boolean;
  readonly reading: Reading;
  /** The tick that it is about (`on_cron`). */
  readonly tick?: Timestamp;
  /** Nothing but an upstream of the same run asks for it. */
  readonly isOnlyJoined: boolean;
}

/** Beside what is recorded: what a condition depends on. */
export interface ConditionInput extends Surroundings {
  /** The newest tick of an asset's `on_cron` that counts; undefined = none yet. */
  readonly tickOf: (asset: Asset) => Timestamp | undefined;
  /** Keys that a condition of an asset is about; undefined = all. */
  readonly latestKeys: (asset: Asset) => ReadonlySet<string> | undefined;
}

/**
 * The condition of one key of an asset, with the truth of each of its operands (semantics.md 6). An upstream that is asked
 * for in the same pass counts as updated where one run can make both, and as in progress elsewhere.
 */
export function judgeCondition(input: ConditionInput, asset: Asset, rule: AutomationRule, key: string): Judgement {
  const reading = readKey(input, asset, key);
  const latest = input.latestKeys(asset);
  const tick = rule.kind === 'on_cron' ? input.tickOf(asset) : undefined;
  const window: Operand[] =
    latest === undefined || key === WHOLE
      ? []
      : [{ operand: 'latest_window', isTrue: latest.has(key), subject: [...latest].at(-1) ?? key }];
  const operands = [
    ...window,
    ...own(rule, reading, { tick, askedTick: input.view.assets.get(asset.key)?.onCron?.asked }),
    ...ofDeps(reading),
    ofItself(input, asset, key),
  ];
  const isTrue = operands.every((each) => each.isTrue);
  const isOnlyJoined =
    rule.kind === 'eager' && !reading.isMissing && !reading.isOutdated && reading.deps.some((dep) => dep.isJoined);
  return {
    condition: { operand: rule.kind, isTrue, of: operands },
    isTrue,
    reading,
    ...(tick === undefined ? {} : { tick }),
    isOnlyJoined,
  };
}

function own(
  rule: AutomationRule,
  reading: Reading,
  { tick, askedTick }: { readonly tick?: Timestamp | undefined; readonly askedTick?: Timestamp | undefined },
): Operand[] {
  switch (rule.kind) {
    case 'eager':
      return [missingOrUpdated(reading), notHandled(reading)];
    case 'on_missing':
      return [missing(reading), notHandled(reading)];
    case 'on_cron':
      return sinceTick(reading, tick, askedTick);
    default:
      return unreachable(rule);
  }
}

function missing({ isMissing, last }: Reading): Operand {
  return { operand: 'missing', isTrue: isMissing, ...(last.made ? { at: last.made.at, run: last.made.run } : {}) };
}

function missingOrUpdated(reading: Reading): Operand {
  const { deps, last, isOutdated } = reading;
  // Of partitions all upstreams together are known to differ; which of them, their instants tell.
  const isUpdated = (dep: DepReading): boolean =>
    dep.isJoined ||
    (last.run === undefined && dep.version !== undefined) ||
    (isOutdated &&
      dep.version !== undefined &&
      (dep.isNew || (last.made !== undefined && (dep.at ?? '') > last.made.at)));
  const of = [missing(reading), ...deps.map((dep): Operand => aboutDep('dep_updated', dep, isUpdated(dep)))];
  return { operand: 'missing_or_updated', isTrue: reading.isMissing || isOutdated || deps.some((d) => d.isJoined), of };
}

function aboutDep(operand: OperandName, { dep, at }: DepReading, isTrue: boolean): Operand {
  return { operand, isTrue, subject: dep, ...(at === undefined ? {} : { at }) };
}

/** The loop guard: what was asked for, or begun, since it was made, for just these versions. */
function notHandled({ last, versions }: Reading): Operand {
  const { handled } = last;
  const isTrue = handled?.versions !== versions;
  return { operand: 'not_handled', isTrue, ...(isTrue ? {} : { at: handled!.at, run: handled!.run }) };
}

function sinceTick({ deps, last }: Reading, tick: Timestamp | undefined, askedTick: Timestamp | undefined): Operand[] {
  const at = tick === undefined ? {} : { at: tick };
  const isSince = (instant: Timestamp | undefined): boolean =>
    tick !== undefined && instant !== undefined && instant >= tick;
  const since = [last.handled, last.made].find((each) => isSince(each?.at));
  // The clock of who made it may be behind: that it was asked for at this tick settles it.
  const isHandled = since !== undefined || (tick !== undefined && askedTick !== undefined && askedTick >= tick);
  const of = deps.map((dep) =>
    aboutDep('dep_updated_since_tick', dep, dep.isJoined || dep.isUnobserved || isSince(dep.at)),
  );
  return [
    { operand: 'tick_passed', isTrue: tick !== undefined, ...at },
    {
      operand: 'not_handled_since_tick',
      isTrue: !isHandled,
      ...(since ? { at: since.at, run: since.run } : {}),
    },
    { operand: 'all_deps_updated_since_tick', isTrue: of.every((each) => each.isTrue), of },
  ];
}

function ofDeps({ deps }: Reading): Operand[] {
  const missingDep = deps.find((dep) => dep.missing !== undefined)?.missing;
  const busy = deps.find((dep) => dep.busy !== undefined)?.busy;
  const held = deps.find((dep) => dep.held !== undefined);
  return [
    about('no_dep_missing', missingDep),
    { ...about('no_dep_in_progress', busy?.name), ...(busy?.run === undefined ? {} : { run: busy.run }) },
    about('no_dep_held', held && `${held.dep}/${held.held}`),
  ];
}

function about(operand: OperandName, subject: string | undefined): Operand {
  return { operand, isTrue: subject === undefined, ...(subject === undefined ? {} : { subject }) };
}

function ofItself({ busy }: ConditionInput, asset: Asset, key: string): Operand {
  const run = busy(asset.key, key);
  return { operand: 'not_in_progress', isTrue: run === undefined, ...(run === undefined ? {} : { run }) };
}
