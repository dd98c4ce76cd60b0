import type { RunnerDef } from '../model/project.js';
import type { Resolving } from './resolving.js';
/** Machines for steps, by name. */
export declare function resolveRunners({ definitions }: Resolving): Readonly<Record<string, RunnerDef>>;
