import type { WrittenFactory } from '../manifest/generated/written.js';
import type { AssetKey, Check } from '../model/project.js';
import type { Definition } from './definitions.js';
import { type Scalar } from './expressions.js';
import type { AssetDraft } from './resolve-assets.js';
import type { Resolving } from './resolving.js';
/** The checks that a factory makes: on each asset selected, one for each combination of `for_each`. */
export declare function resolveFactory(definition: Definition<WrittenFactory>, selected: Iterable<AssetKey>, drafts: ReadonlyMap<AssetKey, AssetDraft>, resolving: Resolving): readonly Check[];
/** Every combination of the lists, by name in code unit order; the last name changes fastest. */
export declare function combine(lists: Readonly<Record<string, readonly Scalar[]>>): readonly Readonly<Record<string, Scalar>>[];
