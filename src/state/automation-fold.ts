import { unreachable } from '../base/result.ts';
import type { AutomationAdopted, AutomationDropped, StepStarted } from '../model/events.ts';
import type { RunRequest } from '../model/plan.ts';
import type { HandledRecord } from '../model/state.ts';
import { addToPartition, assetOf, type FoldDraft, takeTurn } from './fold-draft.ts';
import { handledSince, newerHandled } from './handled.ts';

/** Keys of partitions that a request of automation is about, by asset. */
export function keysAskedFor(request: RunRequest): readonly (readonly [asset: string, keys: readonly string[]])[] {
  const { kind } = request;
  return kind === 'automation' && request.keys
    ? request.targets.map(({ asset }) => [asset, request.keys!] as const)
    : [];
}

/** A run that automation asks for: its assets are handled for what there is to read now. */
export function addAsked(draft: FoldDraft, run: string, request: RunRequest): void {
  // A retry tries again what was handled when its root was asked for.
  if (request.kind !== 'automation') return;
  for (const { asset, versions, tick } of request.targets) {
    const { onCron, ...record } = assetOf(draft, asset);
    if (tick !== undefined && onCron && tick > (onCron.asked ?? ''))
      draft.assets.set(asset, { ...record, onCron: { ...onCron, asked: tick } });
    const turn = [(assetOf(draft, asset).turn?.rank ?? 0) + 1, 0] as const;
    addHandled(draft, asset, { run, at: request.at, turn, versions, keys: request.keys });
  }
}

/** A run begins to make assets that are made by themselves: whoever asked for it, and however it ends. */
export function addBegun(draft: FoldDraft, event: StepStarted, isLate: boolean): void {
  for (const [asset, versions] of Object.entries(event.versions ?? {})) {
    const turn = takeTurn(draft, asset, event, isLate);
    addHandled(draft, asset, { run: event.run, at: event.at, turn, versions, keys: event.partitions });
  }
}

interface Handled extends Omit<HandledRecord, 'versions'> {
  /** Of each key in turn. */
  readonly versions: readonly string[];
  readonly keys: readonly string[] | undefined;
}

function addHandled(draft: FoldDraft, asset: string, { versions, keys, ...how }: Handled): void {
  if (keys !== undefined) {
    for (const [index, key] of keys.entries())
      addToPartition(draft, asset, key, { handled: { ...how, versions: versions[index] ?? '' } });
    return;
  }
  const { handled: before, ...record } = assetOf(draft, asset);
  const newest = newerHandled(before, { ...how, versions: versions[0] ?? '' });
  const handled = handledSince(newest, record.materialized);
  draft.assets.set(asset, { ...record, ...(handled ? { handled } : {}) });
}

/** Since when ticks of assets count. */
export function applyAutomationEvent(draft: FoldDraft, event: AutomationAdopted | AutomationDropped): void {
  for (const asset of event.assets) {
    const { onCron: before, ...record } = assetOf(draft, asset);
    switch (event.type) {
      case 'automation.adopted':
        draft.assets.set(asset, { ...record, onCron: { ...before, from: event.from, rule: event.rule } });
        break;
      case 'automation.dropped':
        draft.assets.set(asset, record);
        break;
      default:
        unreachable(event);
    }
  }
}
