import { DEFAULT_STATE_BRANCH } from '../model/data-branch.ts';

/** What a look at a project needs before its manifests are read. */
export interface PeekedProject {
  readonly name: string;
  readonly branch: string;
  readonly remote: string;
  /** It may have prices of its own. */
  readonly hasPrices: boolean;
}

/**
 * Name and place of the state of a project's file, as they are mostly written; undefined where that takes a parser. A guess:
 * whoever relies on it finds out elsewhere that it was right.
 */
export function peekProject(text: string): PeekedProject | undefined {
  const names = [...text.matchAll(/^name:[ \t]+(["']?)([\w][\w.-]*)\1[ \t]*(?:#.*)?\r?$/gm)];
  const state = /^state:/m.test(text) ? stateText(text) : '';
  if (names.length !== 1 || state === undefined) return undefined;
  const branch = valueIn(state, 'branch') ?? DEFAULT_STATE_BRANCH;
  const remote = valueIn(state, 'remote') ?? 'origin';
  return { name: names[0]![2]!, branch, remote, hasPrices: /^prices\b/m.test(text) };
}

function stateText(text: string): string | undefined {
  const flow = /^state:[ \t]*\{([^{}]*)\}[ \t]*(?:#.*)?\r?$/m.exec(text)?.[1];
  return flow ?? /^state:[ \t]*(?:#.*)?\r?\n((?:(?:[ \t]+.*|[ \t]*|#.*)(?:\r?\n|$))*)/m.exec(text)?.[1];
}

function valueIn(text: string, key: string): string | undefined {
  return new RegExp(`(?:^|[\\s,])${key}:[ \\t]+(["']?)([^\\s"',{}#]+)\\1`, 'm').exec(text)?.[2];
}
