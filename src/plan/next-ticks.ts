import { byText } from '../base/order.ts';
import type { EpochMs } from '../model/instant.ts';
import type { Project, Schedule } from '../model/project.ts';
import { nextTick } from '../time/cron.ts';
import { readRule } from './tick-rule.ts';

/** The next tick of every schedule after an instant, soonest first; `tick` is absent when none comes in forty years. */
export function nextTicks(
  project: Pick<Project, 'schedules'>,
  now: EpochMs,
): readonly { readonly schedule: string; readonly timezone: string; readonly tick?: EpochMs }[] {
  const far = Number.POSITIVE_INFINITY;
  // Many schedules have one rule: it is looked for once.
  const known = new Map<string, EpochMs | undefined>();
  const next = ({ crons, timezone }: Schedule): EpochMs | undefined => {
    const rule = [timezone, ...crons].join('\n');
    if (!known.has(rule)) known.set(rule, nextTick(readRule({ crons, timezone }) ?? [], timezone, now));
    return known.get(rule);
  };
  return Object.values(project.schedules)
    .map((schedule) => {
      const { name, timezone } = schedule;
      const tick = next(schedule);
      return { schedule: name, timezone, ...(tick === undefined ? {} : { tick }) };
    })
    .sort((a, b) => (a.tick ?? far) - (b.tick ?? far) || byText(a.schedule, b.schedule));
}
