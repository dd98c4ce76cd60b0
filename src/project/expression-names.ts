import { nearestWord } from '../base/nearest.ts';
import type { TextPlace } from './text-problem.ts';

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

const CONTEXTS = ['env', 'asset', 'environment', 'partition', 'pull_request', 'dbt'] as const;
const PLANNED: Readonly<Record<string, string>> = {
  pull_request: '`pull_request` comes with pull request environments, which this version does not have yet',
  dbt: '`dbt` comes with dbt projects, which this version does not have yet',
};
const PROPERTIES: Readonly<Record<string, readonly string[]>> = {
  asset: ['key', 'name', 'group'],
  environment: ['name'],
  partition: ['key', 'start', 'end', 'keys'],
};

/** Every name that may begin an access. */
export function knownNames(options: ParseOptions): readonly string[] {
  return [...CONTEXTS, ...(options.names ?? []), ...(options.sql === true ? ['this'] : [])];
}

/** The first name of an expression that this version cannot give a value to. `isThisAlone`: the expression is just `this`. */
export function judgeAccesses(
  accesses: readonly Access[],
  isThisAlone: boolean,
  options: ParseOptions,
): Judgement | undefined {
  const names = options.names ?? [];
  for (const access of accesses) {
    const { context, property } = access;
    const at = { offset: access.offset, length: access.length };
    if (names.includes(context)) {
      if (property !== undefined)
        return { at, message: `\`${context}\` is one value of \`for_each\` and has no parts` };
      continue;
    }
    if (context === 'this') {
      if (isThisAlone) continue;
      return {
        at,
        message: '`this` is a table and cannot be part of a longer expression',
        help: 'write `${{ this }}` by itself',
      };
    }
    const planned = PLANNED[context.toLowerCase()];
    if (planned !== undefined) return { at, message: planned };
    if (property === undefined)
      return {
        at,
        message: `\`${context}\` needs a name behind a dot`,
        help: `write \`${context}.${PROPERTIES[context]?.[0] ?? 'NAME'}\``,
      };
    const properties = PROPERTIES[context];
    if (properties !== undefined && !properties.includes(property)) {
      return {
        at: { offset: at.offset, length: context.length + 1 + property.length },
        message: `there is no \`${context}.${property}\``,
        help: `there is ${properties.map((name) => `\`${context}.${name}\``).join(', ')}`,
      };
    }
  }
  return undefined;
}

/** For a name that begins an access and is none of the known ones. */
export function judgeUnknownName(word: string, options: ParseOptions): Judgement {
  if (word === 'this') return { message: '`this` exists in SQL only' };
  if (word === 'secrets') {
    return {
      message: 'there is no `secrets` here',
      help: 'secrets are environment variables: write `env.NAME`, and list NAME under `secrets:`',
    };
  }
  const names = options.names ?? [];
  const near = nearestWord(word, [...CONTEXTS.slice(0, 4), ...names, ...(options.sql === true ? ['this'] : [])]);
  const known = ['env', 'asset', 'environment', 'partition', ...names].map((name) => `\`${name}\``).join(', ');
  return {
    message: `there is no \`${word}\` here`,
    help: near === undefined ? `there are ${known}` : `did you mean \`${near}\`?`,
  };
}
