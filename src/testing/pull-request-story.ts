import { buildPlanning, planRequest } from '../app/planning.ts';
import type { PullRequestPlan } from '../model/pull-request-plan.ts';
import { compareProjects } from '../plan/changes/compare.ts';
import { buildPullRequestPlan, touchedAssets } from '../plan/changes/pull-request-plan.ts';
import { emptyView } from '../state/fold.ts';
import { buildProject, type Files } from './project-builder.ts';

const HEAD = 'b7e1c2d3e4f5061728394a5b6c7d8e9f01234567';
const BASE = 'a1b2c3d4e5f60718293a4b5c6d7e8f9012345678';

const PROJECT = `name: weather
timezone: Europe/Berlin
connections: { warehouse: { type: duckdb, path: data/w.duckdb } }
`;
const MANIFEST = `assets:
  raw/observations: { run: python ingest.py, outputs: [data/observations.csv], owners: ["@acme/data"] }
  staging/days:
    connection: warehouse
    sql: "select * from \${{ ref('raw/observations') }}"
    checks: { filled: { row_count: {}, error_if: "< 1", blocking: true } }
  marts/monthly: { connection: warehouse, sql: ./monthly.sql, deps: [staging/days], owners: ["@acme/data"] }
  charts/temperature: { run: python chart.py, deps: [marts/monthly], outputs: [data/t.svg] }
exposures:
  board: { type: dashboard, owner: "@acme/finance", deps: [marts/records, charts/temperature], url: "https://bi.example.org/board" }
`;

/** The weather project before and after a change. */
export const STORY_BASE: Files = {
  'branchline.yaml': PROJECT,
  'pipelines/weather.yaml': MANIFEST.replace('marts/records, ', ''),
  'pipelines/monthly.sql': '-- by month\nselect 1 as month,\n  2 as days\nfrom staging.days\n',
  'ingest.py': '',
  'chart.py': '',
};
export const STORY_HEAD: Files = {
  ...STORY_BASE,
  'branchline.yaml': PROJECT.replace('Berlin', 'Paris'),
  'pipelines/weather.yaml': MANIFEST.replace(
    'deps: [staging/days], owners: ["@acme/data"] }',
    `deps: [staging/days], owners: ["@acme/data"], tags: { tier: gold }, checks: { snow_days: { not_null: [days], severity: warn } } }
  marts/records:
    connection: warehouse
    sql: select max(days) as record from \${{ ref('marts/monthly') }}
    owners: ["team:weather"]
    checks: { one: { row_count: {}, error_if: "!= 1", blocking: true }, set: { not_null: [record] } }`,
  ),
  'pipelines/monthly.sql':
    '-- by month\nselect 1 as month,\n  2 as days,\n  3 as snow_days,\n  4 as rain_days\nfrom staging.days\nwhere true\n',
};

/** What the first workflow would say of two versions of a project, on an empty state unless told otherwise. */
export function pullRequestStory(base: Files = STORY_BASE, head: Files = STORY_HEAD): PullRequestPlan {
  const [before, after] = [buildProject(base), buildProject(head)];
  const { project } = after;
  const parts = { name: (project ?? after.readable).name, head: HEAD, base: BASE, isFirst: false };
  const baseProblems = before.diagnostics.filter(({ severity }) => severity === 'error').length;
  if (project === undefined) return buildPullRequestPlan({ ...parts, baseProblems, diagnostics: after.diagnostics });
  const changes = compareProjects({ project: before.readable, tree: before.tree }, { project, tree: after.tree });
  const plan = planRequest(buildPlanning(project, after.tree), emptyView('production'), {
    request: {
      kind: 'cli',
      nonce: '',
      at: '2026-11-22T09:00:00.000Z',
      selection: '*',
      mode: 'stale',
      withUpstream: true,
      ignoreBlocking: false,
    },
    environment: 'production',
    selected: new Set(touchedAssets(changes)),
    lost: new Map(),
    now: 0,
  });
  if (!plan.ok) throw new Error(plan.error.message);
  return buildPullRequestPlan({
    ...parts,
    project,
    baseProblems,
    diagnostics: after.diagnostics,
    changes,
    plan: plan.value,
    expected: { p50Ms: 8000, p95Ms: 11_000, samples: 12, unknownSteps: 1, minutes: 1, usd: 0.006 },
  });
}
