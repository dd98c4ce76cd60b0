import type { Span } from '../model/diagnostic.ts';
import { defaultOperations } from '../model/operations.ts';
import type { Asset, Check, Project, StepDef } from '../model/project.ts';
import type { AssetRecord, StateView } from '../model/state.ts';

const HERE: Span = { file: 'pipelines/a.yaml', line: 1, column: 1, length: 1 };

/** An asset in few words, for planning: what it reads, and what differs from the usual. */
export interface AssetSketch {
  readonly deps?: readonly string[];
  readonly external?: boolean;
  readonly materialize?: 'always';
  readonly blocking?: readonly string[];
  readonly skippable?: true;
  /** Name of the multi-asset that makes it. */
  readonly step?: string;
}

/** A project of these assets; `subsettable` names the multi-assets that may run in part. */
export function sketchProject(
  sketches: Readonly<Record<string, AssetSketch>>,
  subsettable: readonly string[] = [],
): Project {
  const assets: Record<string, Asset> = {};
  const steps: Record<string, StepDef> = {};
  for (const [key, sketch] of Object.entries(sketches)) {
    const step = sketch.external ? undefined : (sketch.step ?? key);
    assets[key] = {
      ...plainAsset(key),
      ...(sketch.materialize ? { materialize: sketch.materialize } : {}),
      skippable: sketch.skippable === true,
      deps: [...(sketch.deps ?? [])],
      external: sketch.external === true,
      step,
      checks: (sketch.blocking ?? []).map((name) => blockingCheck(key, name)),
    };
    if (step !== undefined) {
      steps[step] = {
        ...plainStep(step),
        assets: [...(steps[step]?.assets ?? []), key],
        canSubset: sketch.step === undefined || subsettable.includes(step),
      };
    }
  }
  return {
    name: 'test',
    timezone: 'UTC',
    manifests: [],
    state: { branch: 'branchline/state', remote: 'origin' },
    storage: { type: 'directory' },
    prices: {},
    runners: {},
    secrets: [],
    env: {},
    connections: {},
    environments: {},
    assets,
    steps,
    operations: defaultOperations,
    partitions: {},
    groups: {},
    multiChecks: {},
    jobs: {},
    schedules: {},
    selections: {},
    exposures: {},
  };
}

function plainAsset(key: string): Asset {
  return {
    key,
    owners: [],
    tags: {},
    kinds: [],
    metadata: {},
    deps: [],
    external: false,
    materialized: 'table',
    publish: 'audit',
    outputs: [],
    incremental: false,
    onLost: 'rebuild',
    materialize: 'when_stale',
    skippable: false,
    checks: [],
    definedAt: HERE,
    inherited: {},
  };
}

function plainStep(name: string): StepDef {
  return {
    name,
    assets: [],
    action: { kind: 'run', run: 'true', shell: 'bash' },
    canSubset: false,
    backfillPolicy: { kind: 'per_partition' },
    code: [],
    env: {},
    secrets: [],
    oidc: false,
    definedAt: HERE,
  };
}

function blockingCheck(asset: string, name: string): Check {
  return {
    asset,
    name,
    severity: 'error',
    blocking: true,
    onError: 'error',
    samples: 0,
    env: {},
    secrets: [],
    kind: { type: 'reported' },
    definedAt: HERE,
  };
}

/** A state in which these assets were materialized, each with data version `v` and code version `c` unless said otherwise. */
export function sketchView(
  records: Readonly<
    Record<
      string,
      {
        readonly used?: Readonly<Record<string, string>>;
        readonly dataVersion?: string;
        readonly codeVersion?: string;
        readonly more?: Partial<AssetRecord>;
      }
    >
  >,
): StateView {
  const at = '2026-11-21T09:23:00.000Z';
  const assets = new Map<string, AssetRecord>();
  for (const [key, { used = {}, dataVersion = 'v', codeVersion = 'c', more = {} }] of Object.entries(records)) {
    const upstream = Object.fromEntries(Object.entries(used).map(([dep, version]) => [dep, { dataVersion: version }]));
    assets.set(key, {
      asset: key,
      materialized: {
        id: `r.1/${key}`,
        run: 'r',
        at,
        codeVersion,
        codeParts: { run: codeVersion },
        dataVersion,
        upstream,
        durationMs: 1000,
      },
      attempt: { run: 'r', at, outcome: 'success', failuresInRow: 0 },
      checks: {},
      durationsMs: [1000, 2000],
      history: [],
      ...more,
    });
  }
  return {
    environment: 'local',
    seq: 1,
    assets,
    openRuns: new Map(),
    endedRuns: new Map(),
    claims: new Map(),
    schedules: new Map(),
    connections: new Map(),
    streams: new Map(),
    writers: new Map(),
    days: new Map(),
  };
}
