import { bareValue, type SelectionAttribute, type SelectionExpr, type SelectionValue } from './selection.ts';

/** The expression as text that parses to the same expression (places aside), with as few parentheses as that needs. */
export function formatSelection(expr: SelectionExpr): string {
  switch (expr.kind) {
    case 'or':
    case 'and':
      return expr.terms
        .map((term) =>
          term.kind === 'or' || term.kind === expr.kind ? `(${formatSelection(term)})` : formatSelection(term),
        )
        .join(` ${expr.kind} `);
    case 'not':
      return `not ${expr.term.kind === 'or' || expr.term.kind === 'and' ? `(${formatSelection(expr.term)})` : formatSelection(expr.term)}`;
    case 'traverse': {
      const { up, down, of } = expr;
      const inner =
        of.kind === 'or' || of.kind === 'and' || of.kind === 'not' || of.kind === 'traverse'
          ? `(${formatSelection(of)})`
          : formatSelection(of);
      return `${up === undefined ? '' : up === 'all' ? '+' : `${up}+`}${inner}${down === undefined ? '' : down === 'all' ? '+' : `+${down}`}`;
    }
    case 'roots':
    case 'sinks':
      return `${expr.kind}(${formatSelection(expr.of)})`;
    case 'all':
      return '*';
    case 'attribute':
      return `${expr.attribute}:${formatValue(expr.value, expr.attribute)}`;
    case 'tag':
      return `tag:${formatValue(expr.name, 'tag')}${expr.value === undefined ? '' : `=${formatValue({ kind: 'text', text: expr.value }, 'tag')}`}`;
  }
}

function formatValue(value: SelectionValue, attribute: SelectionAttribute): string {
  if (value.kind === 'null') return '<null>';
  const bare = bareValue(attribute);
  bare.lastIndex = 0;
  if (bare.exec(value.text)?.[0] === value.text && value.text !== '') return value.text;
  return `"${value.text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}
