import { type Place } from './findings.js';
import { type Resolving } from './resolving.js';
/** Whether a variable is a secret of this project: declared, or by its name. */
export declare function isSecretName(name: string, declared: readonly string[]): boolean;
/** Secrets that a step is handed: those it lists, and those that its own `env` reads. Reports names that are no secrets. */
export declare function resolveSecrets(listed: {
    readonly value: readonly string[];
    readonly place: Place;
} | undefined, env: readonly {
    readonly value: unknown;
}[], { definitions, findings, broken }: Resolving): readonly string[];
/** Warns of declared secrets that no step lists and no expression reads: probably a typing error, or a left-over. */
export declare function reportUnusedSecrets(used: ReadonlySet<string>, { definitions, findings, broken }: Resolving): void;
