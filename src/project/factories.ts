import { byText } from '../base/order.ts';
import type { WrittenCheck, WrittenFactory } from '../manifest/generated/written.ts';
import type { AssetKey, Check } from '../model/project.ts';
import type { Definition } from './definitions.ts';
import { evaluateExpression, type Scalar } from './expressions.ts';
import { below, type Place } from './findings.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { resolveCheck } from './resolve-checks.ts';
import type { Resolving } from './resolving.ts';
import { hasExpression, parseTemplate, substituteNames } from './template.ts';
import { textProblem } from './text-problem.ts';

/** At most so many checks of one factory on one asset: a product of lists grows faster than one thinks. */
const COMBINATIONS_MAX = 1000;

/** The checks that a factory makes: on each asset selected, one for each combination of `for_each`. */
export function resolveFactory(
  definition: Definition<WrittenFactory>,
  selected: Iterable<AssetKey>,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): readonly Check[] {
  const { name, value, place } = definition;
  const { selection: _, for_each: lists, ...check } = value;
  const combinations = combine(lists ?? {});
  if (combinations.length > COMBINATIONS_MAX) {
    resolving.findings.error(
      'too-many-checks',
      below(place, 'for_each'),
      `\`for_each\` makes ${combinations.length} checks of each asset; ${COMBINATIONS_MAX} are allowed`,
    );
    return [];
  }
  const checks: Check[] = [];
  for (const key of selected) {
    const draft = drafts.get(key);
    // Nobody judges checks of an external asset yet; a selection may hold some all the same.
    if (draft === undefined || draft.asset.external) continue;
    for (const names of combinations) {
      const written = substitute(check, names, { place, draft, resolving });
      if (written === undefined) return checks;
      const values = Object.values(names);
      const checkName = values.length === 0 ? name : `${name}[${values.join(',')}]`;
      const made = resolveCheck({ name: checkName, draft, written, place, factory: name, names }, drafts, resolving);
      if (made !== undefined) checks.push(made);
    }
  }
  return checks;
}

/** Every combination of the lists, by name in code unit order; the last name changes fastest. */
export function combine(
  lists: Readonly<Record<string, readonly Scalar[]>>,
): readonly Readonly<Record<string, Scalar>>[] {
  let combinations: Record<string, Scalar>[] = [{}];
  for (const name of Object.keys(lists).sort(byText)) {
    combinations = combinations.flatMap((so) => lists[name]!.map((value) => ({ ...so, [name]: value })));
    if (combinations.length > COMBINATIONS_MAX) return combinations;
  }
  return combinations;
}

interface Substitution {
  readonly place: Place;
  readonly draft: AssetDraft;
  readonly resolving: Resolving;
}

type FactoryCheck = Omit<WrittenFactory, 'selection' | 'for_each'>;

/** Keys whose text is treated by others: SQL keeps its expressions as binds, and scripts hold none. */
const UNTOUCHED = new Set(['sql', 'run']);

/** The check with all names of `for_each` (and `asset`) put in, also in keys of mappings; undefined when one cannot be. */
function substitute(
  check: FactoryCheck,
  names: Readonly<Record<string, Scalar>>,
  context: Substitution,
): WrittenCheck | undefined {
  let isFine = true;
  const walk = (value: unknown, path: readonly (string | number)[]): unknown => {
    if (typeof value === 'string') {
      const put = putIn(value, names, path, context);
      isFine &&= put !== undefined;
      return put;
    }
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(([key, item]) => {
      if (path.length === 0 && UNTOUCHED.has(key)) return [key, item];
      return [path.length === 0 ? key : String(walk(key, [...path, key])), walk(item, [...path, key])];
    });
    return Object.fromEntries(entries);
  };
  const written = walk(check, []) as WrittenCheck;
  return isFine ? written : undefined;
}

function putIn(
  text: string,
  names: Readonly<Record<string, Scalar>>,
  path: readonly (string | number)[],
  { place, draft, resolving }: Substitution,
): Scalar | undefined {
  if (!hasExpression(text)) return text;
  const at = below(place, ...path);
  const parsed = parseTemplate(text, { names: Object.keys(names) });
  if (!parsed.ok) {
    resolving.findings.inText('bad-expression', at, text, parsed.error);
    return undefined;
  }
  // The environment of a step is known when it runs, and only there.
  if (path[0] === 'env') return substituteNames(text, names);
  const { asset } = draft;
  const contexts = {
    env: {},
    environment: '',
    names,
    asset: {
      key: asset.key,
      name: asset.key.split('/').at(-1)!,
      ...(asset.group === undefined ? {} : { group: asset.group }),
    },
  };
  const values: Scalar[] = [];
  for (const part of parsed.value) {
    if (part.kind === 'text') {
      values.push(part.text);
      continue;
    }
    const late = part.expression.accesses.find(({ context }) => !(context in names) && context !== 'asset');
    if (late !== undefined) {
      const problem = textProblem(
        text,
        late,
        `\`${late.context}\` is not known before the check runs`,
        'use the names of `for_each` and `asset` here',
      );
      resolving.findings.inText('bad-expression', at, text, problem);
      return undefined;
    }
    const value = evaluateExpression(part.expression, contexts);
    if (!value.ok) {
      resolving.findings.inText(
        'bad-expression',
        at,
        text,
        textProblem(text, { offset: part.start, length: part.end - part.start }, value.error.message),
      );
      return undefined;
    }
    values.push(value.value);
  }
  return values.length === 1 ? values[0]! : values.map((value) => (value === null ? '' : String(value))).join('');
}
