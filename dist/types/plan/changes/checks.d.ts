import type { ValueChange } from '../../model/changes.js';
import type { AssetKey } from '../../model/project.js';
import type { Side } from './side.js';
/** Checks of an asset that came, went, or mean something else now. A factory's check counts like one that is written out. */
export declare function checkChanges(key: AssetKey, base: Side, head: Side): readonly ValueChange[];
