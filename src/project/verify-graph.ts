import { topologicalOrder } from '../base/topology.ts';
import type { RelatedSpan, Span } from '../model/diagnostic.ts';
import type { AssetKey, StepDef } from '../model/project.ts';
import { keyOf, spanOf } from './findings.ts';
import type { AssetGraph } from './graph.ts';
import type { AssetDraft } from './resolve-assets.ts';
import type { Resolving } from './resolving.ts';

/** At most so many cycles are reported: each is looked for anew. */
const CYCLES_MAX = 20;

/** Reports cycles, each as a path with the place of every edge. Cycles that share an asset are one mistake at a time. */
export function verifyCycles(
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  graph: AssetGraph,
  { findings }: Resolving,
): boolean {
  let left: readonly AssetKey[] = graph.order;
  for (let found = 0; found < CYCLES_MAX; found++) {
    const sorted = topologicalOrder(left, graph.upstream);
    if (sorted.kind === 'ordered') return found === 0;
    const { path } = sorted;
    // `path` walks upstream: each asset reads the next one.
    const edges = path
      .slice(0, -1)
      .map((key, index) => ({ key, reads: path[index + 1]!, span: edgeSpan(drafts.get(key)!, path[index + 1]!) }));
    const [first, ...others] = edges as [(typeof edges)[number], ...typeof edges];
    const related = others.map(
      ({ key, reads, span }): RelatedSpan => ({ span, note: `\`${key}\` reads \`${reads}\` here` }),
    );
    const { message, help } =
      path.length === 2
        ? ofItself(drafts.get(path[0]!)!)
        : {
            message: `these assets wait for each other: ${path.join(' → ')} (each reads the next)`,
            help: 'remove one of these dependencies',
          };
    findings.error('cycle', first.span, message, { help, related });
    const members = new Set(path);
    left = left.filter((key) => !members.has(key));
  }
  return false;
}

/** Partitions that wait for earlier ones of the same asset are not there: in what order they come is the step's business. */
function ofItself({ asset }: AssetDraft): { readonly message: string; readonly help: string } {
  if (asset.partitions === undefined)
    return {
      message: `\`${asset.key}\` reads itself`,
      help: 'remove it: what it made before it may read without waiting for it, and `incremental: true` puts its last outputs in place',
    };
  return {
    message: `\`${asset.key}\` reads itself: partitions of one asset do not wait for each other`,
    help: 'remove it: the step may read its earlier partitions without waiting for them; they are asked for oldest first, and `backfill_policy: single_run` gives one step the whole range, to go through in order',
  };
}

function edgeSpan(draft: AssetDraft, dep: AssetKey): Span {
  return draft.depPlaces.get(dep)?.() ?? spanOf(keyOf(draft.place));
}

/** Reports steps that make several assets and wait for something that waits for one of them. Only where assets have no cycle. */
export function verifySteps(
  steps: Readonly<Record<string, StepDef>>,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  { findings }: Resolving,
): void {
  const stepOf = new Map<AssetKey, string>();
  for (const step of Object.values(steps)) for (const key of step.assets) stepOf.set(key, step.name);
  const upstreamSteps = (name: string): string[] => {
    const deps = steps[name]!.assets.flatMap((key) => drafts.get(key)?.asset.deps ?? []);
    // External assets are no steps and have no upstreams of their own that matter here.
    return deps.flatMap((dep) => stepOf.get(dep) ?? []).filter((step) => step !== name);
  };
  let left: readonly string[] = Object.keys(steps);
  for (let found = 0; found < CYCLES_MAX; found++) {
    const sorted = topologicalOrder(left, upstreamSteps);
    if (sorted.kind === 'ordered') return;
    const several = sorted.path.map((name) => steps[name]!).find((step) => step.assets.length > 1);
    const step = several ?? steps[sorted.path[0]!]!;
    findings.error(
      'cycle',
      step.definedAt,
      `\`${step.name}\` makes several assets at once, and waits for what is made from one of them: ${sorted.path.join(' → ')} (each waits for the next)`,
      {
        help: 'make the assets in two steps',
      },
    );
    const members = new Set(sorted.path);
    left = left.filter((name) => !members.has(name));
  }
}
