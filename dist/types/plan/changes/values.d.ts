import type { ValueChange } from '../../model/changes.js';
/** A value as one line for people: text as it is, lists with commas, anything else as JSON. */
export declare function shownValue(value: unknown): string;
/** A value that is undefined where it is not set; no change when both mean the same. */
export declare function valueChange(what: string, before: unknown, after: unknown): readonly ValueChange[];
/** A text, by its lines when either side has several. */
export declare function textChange(what: string, before: string | undefined, after: string | undefined, file?: string): readonly ValueChange[];
/** Two mappings, key by key. */
export declare function mapChanges(before: Readonly<Record<string, unknown>>, after: Readonly<Record<string, unknown>>, nameOf: (key: string) => string): readonly ValueChange[];
/** Two sets of names: each one that came or went. */
export declare function setChanges(before: readonly string[], after: readonly string[]): readonly ValueChange[];
