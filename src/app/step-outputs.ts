import { byText } from '../base/order.ts';
import { ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { Asset } from '../model/project.ts';
import {
  collectOutputs,
  type EvaluatedOutput,
  escapePattern,
  type FileRecord,
  publishOutputs,
  putBack,
  restoreOutputs,
} from './outputs.ts';
import { evaluate, publishedFiles, type StepContext } from './step-context.ts';
import type { StepPartition } from './step-partition.ts';

/** Files that a step has written for one asset. */
export interface StepOutputs {
  readonly files: FileRecord;
  /** Undefined when the asset declares no outputs. */
  readonly dataVersion?: string;
}

/** Finds what a step wrote for an asset; a non-optional output that is not there fails the step (semantics.md 13). */
export async function collectStepOutputs(context: StepContext, asset: Asset): Promise<Result<StepOutputs, Failure>> {
  if (asset.outputs.length === 0) return ok({ files: {} });
  const patterns = outputPatterns(context, asset);
  return patterns.ok ? collectOutputs(context.run.outputs(asset), asset.key, patterns.value) : patterns;
}

function outputPatterns({ run }: StepContext, asset: Asset): Result<EvaluatedOutput[], Failure> {
  const patterns: EvaluatedOutput[] = [];
  const literal = run.partition ? { ...run, partition: asLiteral(run.partition) } : run;
  for (const { path: template, optional } of asset.outputs) {
    const path = evaluate(literal, template, asset, `outputs of ${asset.key}`);
    if (!path.ok) return path;
    const { file, line } = asset.definedAt;
    patterns.push({ path: path.value, optional, written: `outputs: ${template}, ${file}:${line}` });
  }
  return ok(patterns);
}

/** A key is what it is in a path: `*` in it stands for itself. */
function asLiteral(partition: StepPartition): StepPartition {
  const { text, dimensions } = partition;
  return {
    ...partition,
    text: escapePattern(text),
    ...(dimensions
      ? { dimensions: Object.fromEntries(Object.entries(dimensions).map(([name, key]) => [name, escapePattern(key)])) }
      : {}),
  };
}

/** Keeps copies by digest: from then on they are what downstream reads. Yields them as they are recorded. */
export function publishStepOutputs(
  { run }: StepContext,
  asset: Asset,
  files: FileRecord,
): Promise<Result<FileRecord, Failure>> {
  return publishOutputs(run.outputs(asset), files);
}

/** After an attempt that is not published: the working files are what was published before, or gone if nothing was. */
export async function putBackOutputs(context: StepContext, asset: Asset): Promise<void> {
  const { run } = context;
  const before = publishedFiles(run, asset.key);
  if (asset.outputs.length === 0) return;
  const patterns = outputPatterns(context, asset);
  const optional = patterns.ok ? patterns.value.map((pattern) => ({ ...pattern, optional: true })) : [];
  const written = await collectOutputs(run.outputs(asset), asset.key, optional);
  await putBack(run.outputs(asset), before, written.ok ? written.value.files : {});
}

/** Files of an upstream: of a partitioned one, those that the step's partitions read. */
function filesOfInput({ run, assets }: StepContext, dep: Asset): FileRecord {
  if (dep.partitions === undefined) return run.published.get(dep.key)?.files ?? {};
  const all: Record<string, FileRecord[string]> = {};
  for (const asset of assets)
    if (asset.deps.includes(dep.key))
      Object.assign(all, run.ledger.filesRead(asset.key, dep.key, run.partition?.keys ?? ['']));
  return all;
}

/** Brings the published files of direct upstreams into place. What is gone, or is not what it was, stops the step. */
export async function restoreInputs(context: StepContext): Promise<Failure | undefined> {
  const { run } = context;
  const own = new Set(context.step.assets);
  const deps = new Set(context.assets.flatMap((asset) => asset.deps).filter((dep) => !own.has(dep)));
  for (const dep of [...deps].sort(byText)) {
    const asset = run.project.assets[dep];
    if (asset === undefined || asset.external) continue;
    const restored = await restoreOutputs(run.outputs(asset), dep, filesOfInput(context, asset));
    if (!restored.ok)
      return {
        ...restored.error,
        message: `${restored.error.message}. Make it again: \`branchline run --select key:${dep}\``,
      };
  }
  return undefined;
}
