import type {
  WrittenAsset,
  WrittenCheckDefaults,
  WrittenDefaults,
  WrittenManifest,
} from '../manifest/generated/written.ts';
import { otherSpelling } from '../model/tags.ts';
import type { Broken } from './broken.ts';
import type { Definition, Definitions } from './definitions.ts';
import { below, type Place } from './findings.ts';

/** The keys of an asset that `defaults` and groups may give as well. */
export type AssetKeys = Omit<WrittenAsset, 'checks'>;

/** One place that values come from. `label` is undefined for what is written on the asset itself. */
export interface Layer {
  readonly label?: string;
  readonly place: Place;
  readonly keys: Readonly<AssetKeys>;
  readonly checks?: WrittenCheckDefaults;
}

/** A value with the layer that gave it. */
export interface Found<T> {
  readonly value: T;
  readonly layer: Layer;
  /** Where the value stands. */
  readonly place: Place;
}

/** Layers of an asset, nearest first: itself › `defaults` of its manifest › its group › `defaults` of the project. */
export function layersOf(own: Definition<AssetKeys>, definitions: Definitions): readonly Layer[] {
  const { document } = own.place;
  const { checks: _, ...keys } = own.value as WrittenAsset;
  const layers: Layer[] = [{ place: own.place, keys }];
  const projectDefaults = definitions.project === undefined ? undefined : defaultsLayer(definitions.project);
  if (document.kind === 'manifest') {
    const manifestDefaults = defaultsLayer(document);
    if (manifestDefaults !== undefined) layers.push(manifestDefaults);
  }
  const outer = projectDefaults === undefined ? layers : [...layers, projectDefaults];
  const group = lookup(outer, 'group')?.value;
  const groupLayer = group === undefined ? undefined : layerOfGroup(group, definitions);
  if (groupLayer !== undefined) layers.push(groupLayer);
  if (projectDefaults !== undefined) layers.push(projectDefaults);
  return layers;
}

/** The layer of a declared group. */
export function layerOfGroup(name: string, { project }: Definitions): Layer | undefined {
  const group = project?.value.groups?.[name];
  if (project === undefined || group === undefined) return undefined;
  const { checks, description: _, ...keys } = group;
  return {
    label: `group ${name}`,
    place: { document: project, pointer: ['groups', name] },
    keys,
    ...(checks ? { checks } : {}),
  };
}

function defaultsLayer(document: Place['document']): Layer | undefined {
  const defaults: WrittenDefaults | undefined = (document.value as WrittenManifest).defaults;
  if (defaults === undefined) return undefined;
  const { checks, ...keys } = defaults;
  return {
    label: `defaults of ${document.path}`,
    place: { document, pointer: ['defaults'] },
    keys,
    ...(checks ? { checks } : {}),
  };
}

/** The nearest value of a key. `null` removes what farther layers say. */
export function lookup<K extends keyof AssetKeys>(
  layers: readonly Layer[],
  key: K,
): Found<NonNullable<AssetKeys[K]>> | undefined {
  for (const layer of layers) {
    const value = layer.keys[key];
    if (value === undefined) continue;
    return value === null
      ? undefined
      : { value: value as NonNullable<AssetKeys[K]>, layer, place: below(layer.place, key) };
  }
  return undefined;
}

/** Keys that merge by name, nearest wins; a `null` removes one name, or with `key: null` everything from farther away. */
export function merged(
  layers: readonly Layer[],
  key: 'env' | 'tags' | 'metadata',
): ReadonlyMap<string, Found<unknown>> {
  const values = new Map<string, Found<unknown>>();
  for (const layer of [...layers].reverse()) {
    const written = layer.keys[key];
    if (written === null) values.clear();
    for (const [name, value] of Object.entries(written ?? {})) {
      // A tag of the engine has two spellings, and is one tag.
      const other = key === 'tags' ? otherSpelling(name) : undefined;
      if (other !== undefined && !Object.hasOwn(written ?? {}, other)) values.delete(other);
      if (value === null) values.delete(name);
      else values.set(name, { value, layer, place: below(layer.place, key, name) });
    }
  }
  return values;
}

/** The nearest severity and blocking that layers give for all checks of an asset. */
export function checkDefaults(layers: readonly Layer[]): WrittenCheckDefaults {
  const checks: WrittenCheckDefaults = {};
  for (const layer of [...layers].reverse()) Object.assign(checks, layer.checks);
  return checks;
}

/** Keys that say what makes an asset. Whoever gives one of them nearest, gives all of them. */
const ACTION_KEYS = ['run', 'sql', 'external'] as const;

/** The layer that says what makes the asset, with its word for it; undefined when none does. */
export function actionOf(
  layers: readonly Layer[],
): { readonly layer: Layer; readonly words: readonly ('run' | 'sql' | 'external')[] } | undefined {
  for (const layer of layers) {
    const words = ACTION_KEYS.filter(
      (key) => layer.keys[key] !== undefined && layer.keys[key] !== null && layer.keys[key] !== false,
    );
    if (words.length > 0) return { layer, words };
  }
  return undefined;
}

/** Whether something of an asset was taken out that might have said what is not said now. */
export function isBroken(layers: readonly Layer[], broken: Broken): boolean {
  return broken.anyKey || layers.some(({ place }) => broken.at(place));
}
