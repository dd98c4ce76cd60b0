// The file that the first workflow of a pull request uploads and the second one reads as hostile data: closed in every
// part, each text, list and number bounded.

import { assetKeyPattern } from './schema-parts.mjs';

const text = (maxLength) => ({ type: 'string', maxLength });
const count = { type: 'integer', minimum: 0, maximum: 1_000_000 };
const milliseconds = { type: 'number', minimum: 0, maximum: 1e12 };
const words = (...values) => ({ type: 'string', enum: values });
const list = (items, maxItems) => ({ type: 'array', items, maxItems });
const closed = (properties, optional = []) => ({
  type: 'object',
  additionalProperties: false,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});

const assetKey = { type: 'string', maxLength: 500, pattern: assetKeyPattern };
const commit = { type: 'string', pattern: '^([0-9a-f]{40}|[0-9a-f]{64})$' };
const span = closed({ file: text(1000), line: count, column: count, length: count });
const shown = text(301);

const valueChange = closed(
  {
    what: text(1000),
    kind: words('added', 'removed', 'changed'),
    before: shown,
    after: shown,
    lines: closed({ added: count, removed: count }),
    file: text(1000),
  },
  ['before', 'after', 'lines', 'file'],
);
const reasoned = closed({
  reason: words('new', 'removed', 'code_version', 'dependencies', 'tags', 'metadata', 'checks', 'policy', 'owners'),
  values: list({ $ref: '#/definitions/valueChange' }, 100),
});
const assetChange = closed(
  {
    asset: assetKey,
    reasons: list(reasoned, 9),
    definedAt: span,
    owners: list(text(200), 50),
    madeBy: words('sql', 'run', 'multi_asset', 'external'),
    checks: count,
    blockingChecks: count,
    renamedFrom: assetKey,
    renamedTo: assetKey,
  },
  ['renamedFrom', 'renamedTo'],
);
const reasons = words(
  'requested',
  'never_materialized',
  'failed_last',
  'code_changed',
  'upstream_changed',
  'deps_changed',
  'data_lost',
  'no_upstreams',
  'materialize_all',
  'retry',
  'backfill',
  'automation',
  'with_upstream',
  'up_to_date',
  'blocked_by_check',
  'upstream_failed',
  'upstream_skipped',
  'other_environment',
  'external',
  'not_selected',
  'canceled',
  'fail_fast',
  'superseded',
);

export const prPlan = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'branchline-pr-plan.json',
  description: 'What a pull request changes, and what would run: what the comment on it is made from.',
  ...closed(
    {
      version: { const: 1 },
      project: { type: 'string', maxLength: 200, pattern: '^[a-z0-9_-]+$' },
      head: commit,
      base: commit,
      isFirst: { type: 'boolean' },
      baseProblems: count,
      problems: list(
        closed(
          {
            severity: words('error', 'warning'),
            code: { type: 'string', maxLength: 60, pattern: '^[a-z0-9-]+$' },
            message: text(1000),
            help: text(1000),
            file: text(1000),
            line: count,
          },
          ['help'],
        ),
        500,
      ),
      totals: closed({
        errors: count,
        warnings: count,
        changed: count,
        downstream: count,
        settings: count,
        planned: count,
      }),
      changed: list(assetChange, 500),
      downstream: list(closed({ asset: assetKey, reads: list(assetKey, 50), hops: count }), 500),
      settings: list({ $ref: '#/definitions/valueChange' }, 500),
      exposures: list(
        closed(
          {
            name: text(200),
            type: words('dashboard', 'notebook', 'analysis', 'ml', 'application', 'report', 'other'),
            owner: text(200),
            url: text(2000),
            reads: list(assetKey, 50),
          },
          ['owner', 'url'],
        ),
        500,
      ),
      lineage: closed({
        assets: list(
          closed({ asset: assetKey, mark: words('new', 'changed', 'removed', 'downstream', 'upstream') }),
          400,
        ),
        edges: list(
          { type: 'array', items: [assetKey, assetKey], minItems: 2, maxItems: 2, additionalItems: false },
          2000,
        ),
      }),
      wouldRun: closed(
        {
          digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          steps: count,
          assets: list(
            closed({
              asset: assetKey,
              verdict: words('run', 'if_changed'),
              reason: reasons,
              detail: list(text(500), 20),
            }),
            500,
          ),
          expected: closed(
            {
              p50Ms: milliseconds,
              p95Ms: milliseconds,
              samples: count,
              unknownSteps: count,
              minutes: count,
              usd: { type: 'number', minimum: 0, maximum: 1e6 },
            },
            ['usd'],
          ),
        },
        ['expected'],
      ),
      noPlan: text(500),
    },
    ['changed', 'downstream', 'settings', 'exposures', 'lineage', 'wouldRun', 'noPlan'],
  ),
  definitions: { valueChange },
};
