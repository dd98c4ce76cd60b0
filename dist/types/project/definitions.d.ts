import type { ManifestDocument } from '../manifest/document.js';
import type { WrittenAsset, WrittenExposure, WrittenFactory, WrittenJob, WrittenMultiAsset, WrittenMultiCheck, WrittenPartitions, WrittenSchedule, WrittenSelection, WrittenSpec } from '../manifest/generated/written.js';
import { type Findings, type Place } from './findings.js';
/** One named thing as written, with its place. */
export interface Definition<T> {
    readonly name: string;
    readonly value: T;
    readonly place: Place;
}
/** A multi-asset's spec, with the step that makes it. */
export interface SpecDefinition extends Definition<NonNullable<WrittenSpec>> {
    readonly multiAsset: string;
}
/** All that the manifests define, each name once; ordered by name, so that the order of files and keys is forgotten. */
export interface Definitions {
    readonly project: (ManifestDocument & {
        readonly kind: 'project';
    }) | undefined;
    readonly assets: ReadonlyMap<string, Definition<WrittenAsset>>;
    readonly multiAssets: ReadonlyMap<string, Definition<WrittenMultiAsset>>;
    readonly specs: ReadonlyMap<string, SpecDefinition>;
    readonly factories: ReadonlyMap<string, Definition<WrittenFactory>>;
    readonly multiChecks: ReadonlyMap<string, Definition<WrittenMultiCheck>>;
    readonly partitions: ReadonlyMap<string, Definition<WrittenPartitions>>;
    readonly jobs: ReadonlyMap<string, Definition<WrittenJob>>;
    readonly schedules: ReadonlyMap<string, Definition<WrittenSchedule>>;
    readonly selections: ReadonlyMap<string, Definition<WrittenSelection>>;
    readonly exposures: ReadonlyMap<string, Definition<WrittenExposure>>;
}
/** Collects the definitions of all documents. A name that is taken, also in another case, is an error at the later place. */
export declare function collectDefinitions(documents: readonly ManifestDocument[], findings: Findings): Definitions;
