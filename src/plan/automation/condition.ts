import { unreachable } from '../../base/result.ts';
import type { Operand, OperandName } from '../../model/automation.ts';
import type { Asset, AutomationRule } from '../../model/project.ts';
import { WHOLE } from '../../time/partitions/mapping.ts';
import {
  type ConditionInput,
  handledSince,
  isMissingOrUpdated,
  isNotHandled,
  isUpdatedSince,
  type Ticks,
  ticksOf,
} from './judge-key.ts';
import { type DepReading, type Reading, readKey } from './reading.ts';

/** The condition of one key of an asset with the truth of each of its operands: what `judgeKey` says, in words. */
export function explainCondition(input: ConditionInput, asset: Asset, rule: AutomationRule, key: string): Operand {
  const reading = readKey(input, asset, key);
  const latest = input.latestKeys(asset);
  const window: Operand[] =
    latest === undefined || key === WHOLE
      ? []
      : [{ operand: 'latest_window', isTrue: latest.has(key), subject: [...latest].at(-1) ?? key }];
  const operands = [
    ...window,
    ...own(rule, reading, ticksOf(input, asset, rule)),
    ...ofDeps(reading),
    ofItself(input, asset, key),
  ];
  return { operand: rule.kind, isTrue: operands.every((each) => each.isTrue), of: operands };
}

function own(rule: AutomationRule, reading: Reading, ticks: Ticks): Operand[] {
  switch (rule.kind) {
    case 'eager':
      return [missingOrUpdated(reading), notHandled(reading)];
    case 'on_missing':
      return [missing(reading), notHandled(reading)];
    case 'on_cron':
      return sinceTick(reading, ticks);
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
      (dep.isNew || (last.made !== undefined && (dep.at() ?? '') > last.made.at)));
  const of = [missing(reading), ...deps.map((dep): Operand => aboutDep('dep_updated', dep, isUpdated(dep)))];
  return { operand: 'missing_or_updated', isTrue: isMissingOrUpdated(reading), of };
}

function aboutDep(operand: OperandName, dep: DepReading, isTrue: boolean): Operand {
  const at = dep.at();
  return { operand, isTrue, subject: dep.dep, ...(at === undefined ? {} : { at }) };
}

function notHandled(reading: Reading): Operand {
  const isTrue = isNotHandled(reading);
  const { handled } = reading.last;
  return { operand: 'not_handled', isTrue, ...(isTrue ? {} : { at: handled!.at, run: handled!.run }) };
}

function sinceTick(reading: Reading, ticks: Ticks): Operand[] {
  const { tick } = ticks;
  const at = tick === undefined ? {} : { at: tick };
  const since = handledSince(reading, ticks);
  const of = reading.deps.map((dep) => aboutDep('dep_updated_since_tick', dep, isUpdatedSince(dep, ticks)));
  return [
    { operand: 'tick_passed', isTrue: tick !== undefined, ...at },
    {
      operand: 'not_handled_since_tick',
      isTrue: since === false,
      ...(typeof since === 'object' ? { at: since.at, run: since.run } : {}),
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
