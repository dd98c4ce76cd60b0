import type { TextPlace } from './text-problem.js';
/** One thing that an expression reads: `env.HOME` is `{context: 'env', property: 'HOME'}`. */
export interface Access {
    readonly context: string;
    readonly property?: string;
    /** Offset of the context's name in the whole text. */
    readonly offset: number;
    readonly length: number;
    /** True as an operand of `||`, `&&` or a comparison, where being unset is a case that the author provided for. */
    readonly guarded: boolean;
}
export interface ParseOptions {
    /** Names of a factory's `for_each`. */
    readonly names?: readonly string[];
    /** In SQL `ref('…')` and `this` exist. */
    readonly sql?: boolean;
}
/** What is wrong with an expression, and where when not with the whole of it. */
export interface Judgement {
    readonly at?: TextPlace;
    readonly message: string;
    readonly help?: string;
}
/** Every name that may begin an access. */
export declare function knownNames(options: ParseOptions): readonly string[];
/** The first name of an expression that this version cannot give a value to. `isThisAlone`: the expression is just `this`. */
export declare function judgeAccesses(accesses: readonly Access[], isThisAlone: boolean, options: ParseOptions): Judgement | undefined;
/** For a name that begins an access and is none of the known ones. */
export declare function judgeUnknownName(word: string, options: ParseOptions): Judgement;
