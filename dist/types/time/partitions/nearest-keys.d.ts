import type { Windows } from './windows.js';
/** Keys near one that is not among them: of those that begin with a year its neighbours in time, else the first ones. */
export declare function neighbouringKeys(keys: readonly string[], text: string): readonly string[];
/** Keys of windows near a text that is the key of none, whether or not these exist yet; none = nothing is known. */
export declare function neighbouringWindows(windows: Windows, text: string): readonly string[];
