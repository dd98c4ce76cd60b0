import { buildPlanning, type PlanningProject } from '../../app/planning.ts';
import { projectOf, sourceTreeOf } from '../project-builder.ts';

/** Six assets made by scripts, one of them checked, and a schedule of every hour. */
const files = {
  'branchline.yaml': `name: simulated
assets:
  raw/a: { run: make raw/a }
  raw/b: { run: make raw/b, group: raw }
  mid/c: { deps: [raw/a], run: make mid/c, checks: { fine: { run: judge mid/c, blocking: true } } }
  mid/d: { deps: [raw/a, raw/b], run: make mid/d, checks: { small: { run: judge mid/d, severity: warn } } }
  out/e: { deps: [mid/c, mid/d], run: make out/e }
  lone/f: { run: make lone/f }
schedules:
  hourly: { cron: "0 * * * *", job: all, catchup: all }
jobs:
  all: { selection: "*", materialize: all }
`,
};

export function simulatedProject(): PlanningProject {
  return buildPlanning(projectOf(files), sourceTreeOf(files));
}
