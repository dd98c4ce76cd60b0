import type { CheckKind } from '../model/project.js';
/** What failing rows do, after `2 of 365 rows`: `share the same day`. */
export declare function failingPhrase(kind: CheckKind): string;
