import type { WrittenMultiCheck } from '../manifest/generated/written.js';
import type { AssetKey, Check, MultiCheck } from '../model/project.js';
import type { Definition } from './definitions.js';
import type { AssetDraft } from './resolve-assets.js';
import { type Resolving } from './resolving.js';
/** One execution that judges several checks of an asset. Undefined when there is no such asset. */
export declare function resolveMultiCheck({ name, value, place }: Definition<WrittenMultiCheck>, drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): {
    readonly multiCheck: MultiCheck;
    readonly checks: readonly Check[];
} | undefined;
