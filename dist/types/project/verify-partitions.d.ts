import type { Asset } from '../model/project.js';
import { type Place } from './findings.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** Reports what cannot be meant about how assets are cut. */
export declare function verifyPartitioned(drafts: ReadonlyMap<string, AssetDraft>, resolving: Resolving): void;
/** Reports schedules that ask for partitions which what they run does not have. */
export declare function verifyScheduled(schedules: ReadonlyMap<string, {
    readonly value: {
        readonly partitions?: string;
    };
    readonly place: Place;
}>, assetsOf: (schedule: string) => readonly Pick<Asset, 'key' | 'partitions'>[] | undefined, { findings, broken }: Resolving): void;
