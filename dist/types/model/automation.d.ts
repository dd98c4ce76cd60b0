import type { Timestamp } from './instant.js';
import type { AutomationRule } from './project.js';
/** What conditions of `automation` are made of (docs/automation.md). Closed. */
export type OperandName = 
/** The whole condition: all of its operands. */
AutomationRule['kind']
/** Of what is cut by time only the newest window is looked at. */
 | 'latest_window' | 'missing'
/** One of its operands. */
 | 'missing_or_updated' | 'dep_updated'
/** Not asked for, and not begun, for these versions of what it reads. */
 | 'not_handled' | 'tick_passed' | 'not_handled_since_tick' | 'all_deps_updated_since_tick' | 'dep_updated_since_tick' | 'no_dep_missing' | 'no_dep_in_progress' | 'no_dep_held' | 'not_in_progress';
/** The truth of one part of a condition, for one asset or partition. */
export interface Operand {
    readonly operand: OperandName;
    readonly isTrue: boolean;
    /** The asset, check or window that it speaks of, where that is not the asset itself. */
    readonly subject?: string;
    /** When what it speaks of was. */
    readonly at?: Timestamp;
    /** The run that it speaks of. */
    readonly run?: string;
    readonly of?: readonly Operand[];
}
/** A rule in a few words: `eager`, `on_cron 0 6 * * * Europe/Berlin`. */
export declare function automationText(rule: AutomationRule): string;
