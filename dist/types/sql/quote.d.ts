import type { Relation } from '../model/project.js';
/** An identifier as SQL, whatever its characters: `order` → `"order"`. Throws on NUL, which no database takes. */
export declare function quoteIdentifier(name: string): string;
/** Schema and name, each quoted. */
export declare function quoteRelation(relation: Relation): string;
/**
 * A text, number, boolean or null as a SQL literal, for values that the project declares (accepted values, ranges):
 * as literals they take the column's type, which a bound text would not. Throws on NUL and on numbers that are not finite.
 */
export declare function quoteLiteral(value: string | number | boolean | null): string;
