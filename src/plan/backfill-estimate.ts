import type { BackfillChunk, WorkEstimate } from '../model/backfills.ts';
import type { Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';

/** The time that chunks take by history: a median for each partition of each step, that of the slowest of its assets. */
export function estimateChunks(
  project: Pick<Project, 'assets'>,
  view: Pick<StateView, 'assets'>,
  chunks: readonly BackfillChunk[],
): WorkEstimate {
  const unknown = new Set<string>();
  let samples = Number.POSITIVE_INFINITY;
  let workMs = 0;
  const medians = new Map<string, { readonly ms: number; readonly samples: number }>();
  for (const { assets, keys } of chunks) {
    const slowest = new Map<string, number>();
    for (const asset of assets) {
      const known = medians.get(asset) ?? medianOf(view, asset);
      medians.set(asset, known);
      if (known.samples === 0) unknown.add(asset);
      else samples = Math.min(samples, known.samples);
      const step = project.assets[asset]?.step ?? asset;
      slowest.set(step, Math.max(slowest.get(step) ?? 0, known.ms));
    }
    for (const ms of slowest.values()) workMs += ms * Math.max(1, keys.length);
  }
  return { samples: Number.isFinite(samples) ? samples : 0, workMs, unknown: [...unknown] };
}

function medianOf(view: Pick<StateView, 'assets'>, asset: string): { readonly ms: number; readonly samples: number } {
  const durations = [...(view.assets.get(asset)?.durationsMs ?? [])].sort((a, b) => a - b);
  return { ms: durations[Math.ceil(durations.length / 2) - 1] ?? 0, samples: durations.length };
}
