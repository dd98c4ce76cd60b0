import type { ValueChange } from '../../model/changes.js';
import type { AssetKey } from '../../model/project.js';
import type { Side } from './side.js';
/** What makes up another code version, part by part; empty = the same. */
export declare function codeChanges(key: AssetKey, base: Side, head: Side): readonly ValueChange[];
