import type { EpochMs } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { ProcessSpec } from '../ports.ts';
import { type ScenarioPlan, sampleSpread } from './scenario-plan.ts';
import { workOf } from './scripted-project.ts';
import type { Random } from './virtual-time.ts';

/** How scripts go in a scenario: for how long, and whether well. */
export function playOf(
  project: Project,
  scenario: ScenarioPlan,
  random: Random,
  now: () => EpochMs,
): (spec: ProcessSpec) => { readonly durationMs: number; readonly code: number } {
  const failed = new Map<string, number>();
  return (spec) => {
    const work = workOf(spec.script);
    if (work.kind === 'check') {
      const rate = scenario.checks.get(`${work.asset}/${work.check}`) ?? 0;
      return { durationMs: 0, code: rate > 0 && random() < rate ? 1 : 0 };
    }
    const keys = keysOf(spec);
    let durationMs = 0;
    for (let i = 0; i < keys; i++) durationMs += durationOf(work.step, project, scenario, random);
    return { durationMs: Math.round(durationMs), code: fails(work.step, now() + durationMs) ? 1 : 0 };
  };

  function fails(step: string, endsAt: EpochMs): boolean {
    const rule = scenario.failures.get(step);
    switch (rule?.kind) {
      case undefined:
        return false;
      case 'rate':
        return random() < rule.rate;
      case 'between':
        return endsAt >= rule.from && (rule.to === undefined || endsAt <= rule.to);
      case 'first': {
        const before = failed.get(step) ?? 0;
        if (before >= rule.attempts) return false;
        failed.set(step, before + 1);
        return true;
      }
    }
  }
}

function durationOf(step: string, project: Project, scenario: ScenarioPlan, random: Random): number {
  const said = scenario.durations.get(step);
  if (said) return sampleSpread(said, random);
  const seen = scenario.seenMs.get(step);
  if (seen && seen.length > 0) return seen[Math.floor(random() * seen.length)]!;
  return project.steps[step] === undefined ? 0 : scenario.durationMs;
}

/** Partitions that a script makes; 1 without any. */
function keysOf(spec: ProcessSpec): number {
  const text = spec.env['BRANCHLINE_PARTITIONS'];
  return text === undefined ? 1 : (JSON.parse(text) as unknown[]).length;
}
