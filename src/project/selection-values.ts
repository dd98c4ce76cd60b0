import { nearestWord } from '../base/nearest.ts';
import type { SelectionExpr, SelectionProblem } from './selection.ts';
import { partitionNames, type SelectionScope } from './selection-evaluate.ts';

/** Values of an expression that nothing has: no error (the set is empty), but most likely a typing error. */
export function unknownValues(expr: SelectionExpr, scope: SelectionScope): readonly SelectionProblem[] {
  switch (expr.kind) {
    case 'or':
    case 'and':
      return expr.terms.flatMap((term) => unknownValues(term, scope));
    case 'not':
      return unknownValues(expr.term, scope);
    case 'traverse':
    case 'roots':
    case 'sinks':
      return unknownValues(expr.of, scope);
    case 'all':
      return [];
    case 'attribute':
      return expr.value.kind === 'null' ? [] : unknownValue(expr.attribute, expr.value.text, expr.at, scope);
    case 'tag':
      return expr.name.kind === 'null' ? [] : unknownValue('tag', expr.name.text, expr.at, scope);
  }
}

function unknownValue(
  attribute: string,
  value: string,
  at: { readonly column: number; readonly length: number },
  scope: SelectionScope,
): readonly SelectionProblem[] {
  if ((attribute === 'key' || attribute === 'path') && value.includes('*')) return [];
  const known = knownValues(attribute, scope);
  if (known === undefined || known.has(value)) return [];
  const near = nearestWord(value, known);
  const named = ['job', 'schedule', 'exposure'].includes(attribute);
  const thing = attribute === 'key' ? `there is no asset \`${value}\`` : `no asset has \`${attribute}:${value}\``;
  const message = named ? `there is no ${attribute} \`${value}\`` : thing;
  return [
    {
      message,
      ...(near === undefined ? {} : { help: `did you mean \`${attribute}:${near}\`?` }),
      column: at.column,
      length: at.length,
    },
  ];
}

function knownValues(
  attribute: string,
  { assets, jobs, schedules, exposures, partitions }: SelectionScope,
): ReadonlySet<string> | undefined {
  const all = Object.values(assets);
  switch (attribute) {
    case 'key':
      return new Set(Object.keys(assets));
    case 'group':
      return new Set(all.flatMap(({ group }) => (group === undefined ? [] : [group])));
    case 'owner':
      return new Set(all.flatMap(({ owners }) => owners));
    case 'kind':
      return new Set(all.flatMap(({ kinds }) => kinds));
    case 'tag':
      return new Set(all.flatMap(({ tags }) => Object.keys(tags)));
    case 'column':
      return new Set(all.flatMap(({ columns }) => Object.keys(columns ?? {})));
    case 'path':
      return new Set(all.map(({ definedAt }) => definedAt.file));
    case 'partitions':
      return new Set([...Object.keys(partitions), ...all.flatMap((asset) => partitionNames({ partitions }, asset))]);
    case 'job':
      return new Set(Object.keys(jobs));
    case 'schedule':
      return new Set(Object.keys(schedules));
    case 'exposure':
      return new Set(Object.keys(exposures));
    default:
      return undefined;
  }
}
