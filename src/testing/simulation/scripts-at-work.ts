import type { Project } from '../../model/project.ts';
import { workOf } from '../../simulate/scripted-project.ts';
import type { SimulationInput } from '../../simulate/simulate.ts';
import type { SimulatedJob } from '../../simulate/simulated-job.ts';

/**
 * Scripts as they really are at work: pools are limits of steps, and no step is at work twice. A runner of which GitHub
 * says that it is lost may be at work for a while: that its run was taken over is what nobody can hinder, so it does not
 * count here, and what it records is judged as late.
 */
export function watchScripts(
  project: Project,
  say: (text: string) => void,
): { readonly note: NonNullable<SimulationInput['onScript']> } {
  const working = new Map<string, { readonly job: SimulatedJob; readonly pool: string | undefined }>();
  return {
    note(job, spec, side) {
      const work = workOf(spec.script);
      if (work.kind !== 'step' || job.endedAt !== undefined) return;
      const name = `${work.step} ${spec.env['BRANCHLINE_PARTITIONS'] ?? ''}`;
      if (side === 'end') {
        if (working.get(name)?.job === job) working.delete(name);
        return;
      }
      for (const [other, { job: by }] of working) if (by.endedAt !== undefined) working.delete(other);
      if (working.has(name)) say(`${name} is at work twice at once`);
      const pool = project.steps[work.step]?.pool;
      working.set(name, { job, pool });
      if (pool === undefined) return;
      const used = [...working.values()].filter((each) => each.pool === pool).length;
      if (used > project.operations.pools[pool]!)
        say(`${used} steps of pool ${pool} at work, and it has ${project.operations.pools[pool]} slots`);
    },
  };
}
