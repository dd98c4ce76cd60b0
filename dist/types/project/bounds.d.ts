import { type Result } from '../base/result.js';
import type { Bound } from '../model/project.js';
import { type TextProblem } from './text-problem.js';
/** Parses what `warn_if` and `error_if` say (vocabulary.md, "Checks"). */
export declare function parseBound(text: string): Result<Bound, TextProblem>;
/** The bound as it would be written. */
export declare function formatBound(bound: Bound): string;
