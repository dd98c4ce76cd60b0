import type { RollupCell } from '../model/state.js';
import { type Check } from './shape.js';
type ListedCell = readonly (number | string)[];
/** The cells of one scope, a day each; null where it has none. */
export type ListedCells = readonly (ListedCell | null)[];
/** A cell as a list. */
export declare function listCell(cell: RollupCell): ListedCell;
/** A list of cells of so many days at most. */
export declare function listedCells(daysMax: number): Check;
/** The cells of the day at this place, by scope. Of records that are late nothing is made until somebody asks. */
export declare function cellsAt(scopes: ReadonlyMap<string, ListedCells>, place: number): ReadonlyMap<string, RollupCell>;
export {};
