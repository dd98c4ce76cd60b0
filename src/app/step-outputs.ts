import { digestOf } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { Asset } from '../model/project.ts';
import type { OutputFile } from '../ports.ts';
import { evaluate, type StepContext } from './step-context.ts';

/** Files that a step has written for one asset. */
export interface CollectedOutputs {
  readonly files: readonly OutputFile[];
  /** Digest over sorted (path, content); undefined when the asset declares no outputs. */
  readonly dataVersion?: string;
}

/** Finds what a step wrote for an asset; a non-optional output that is not there fails the step (semantics.md 13). */
export async function collectStepOutputs(context: StepContext, asset: Asset): Promise<Result<CollectedOutputs, Failure>> {
  const { run } = context;
  if (asset.outputs.length === 0) return ok({ files: [] });
  const found = new Map<string, OutputFile>();
  for (const pattern of asset.outputs) {
    const path = evaluate(run, pattern.path, asset, `outputs of ${asset.key}`);
    if (!path.ok) return path;
    const files = await run.outputs.find(path.value);
    if (!files.ok) {
      const why = files.error.code === 'tracked' ? `git tracks ${files.error.path}, and an output must not be tracked: \`git rm --cached ${files.error.path}\` and add it to .gitignore` : `${files.error.path} is outside of the repository`;
      return fail({ class: 'step', code: `output-${files.error.code}`, message: why });
    }
    if (files.value.length === 0 && !pattern.optional) {
      return fail({ class: 'step', code: 'output-missing', message: `it ended well and did not write ${path.value}, which \`outputs\` of ${asset.key} declares` });
    }
    for (const file of files.value) found.set(file.path, file);
  }
  const files = [...found.values()].sort((a, b) => byText(a.path, b.path));
  return ok({ files, dataVersion: `files:${digestOf(files.map((file) => [file.path, file.digest])).slice(0, 32)}` });
}

/** Keeps copies by digest: from then on they are what downstream reads. */
export async function publishStepOutputs(context: StepContext, files: readonly OutputFile[]): Promise<Failure | undefined> {
  for (const file of files) {
    const saved = await context.run.outputs.save(file);
    if (!saved.ok) return { class: 'infrastructure', code: 'save-refused', message: `${file.path} could not be kept: ${saved.error.message}` };
  }
  return undefined;
}

/** After an attempt that is not published: the working files are what was published before, or gone if nothing was. */
export async function putBackOutputs(context: StepContext, asset: Asset): Promise<void> {
  const { run } = context;
  const before = run.published.get(asset.key)?.files ?? [];
  const kept = new Set(before.map((file) => file.path));
  for (const pattern of asset.outputs) {
    const path = evaluate(run, pattern.path, asset, '');
    const files = path.ok ? await run.outputs.find(path.value) : undefined;
    for (const file of files?.ok ? files.value : []) if (!kept.has(file.path)) await run.outputs.remove(file.path);
  }
  for (const file of before) await run.outputs.restore(file);
}

/** Brings the published files of direct upstreams into place. What is gone, or is not what it was, stops the step. */
export async function restoreInputs(context: StepContext): Promise<Failure | undefined> {
  const { run } = context;
  const own = new Set(context.step.assets);
  const deps = new Set(context.assets.flatMap((asset) => asset.deps).filter((dep) => !own.has(dep)));
  for (const dep of [...deps].sort(byText)) {
    for (const file of run.published.get(dep)?.files ?? []) {
      const state = await run.outputs.restore(file);
      if (state === 'missing') return { class: 'infrastructure', code: 'data-lost', message: `${file.path} of ${dep} is gone, and so is its published copy. Make it again: \`branchline run --select key:${dep}\`` };
      if (state === 'damaged') return { class: 'infrastructure', code: 'data-damaged', message: `the published copy of ${file.path} (${dep}) is damaged. Make it again: \`branchline run --select key:${dep}\`` };
    }
  }
  return undefined;
}
