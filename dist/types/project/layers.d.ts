import type { WrittenAsset, WrittenCheckDefaults } from '../manifest/generated/written.js';
import type { Broken } from './broken.js';
import type { Definition, Definitions } from './definitions.js';
import { type Place } from './findings.js';
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
export declare function layersOf(own: Definition<AssetKeys>, definitions: Definitions): readonly Layer[];
/** The layer of a declared group. */
export declare function layerOfGroup(name: string, { project }: Definitions): Layer | undefined;
/** The nearest value of a key. `null` removes what farther layers say. */
export declare function lookup<K extends keyof AssetKeys>(layers: readonly Layer[], key: K): Found<NonNullable<AssetKeys[K]>> | undefined;
/** Keys that merge by name, nearest wins; a `null` removes one name, or with `key: null` everything from farther away. */
export declare function merged(layers: readonly Layer[], key: 'env' | 'tags' | 'metadata'): ReadonlyMap<string, Found<unknown>>;
/** The nearest severity and blocking that layers give for all checks of an asset. */
export declare function checkDefaults(layers: readonly Layer[]): WrittenCheckDefaults;
/** The layer that says what makes the asset, with its word for it; undefined when none does. */
export declare function actionOf(layers: readonly Layer[]): {
    readonly layer: Layer;
    readonly words: readonly ('run' | 'sql' | 'external')[];
} | undefined;
/** Whether something of an asset was taken out that might have said what is not said now. */
export declare function isBroken(layers: readonly Layer[], broken: Broken): boolean;
