import { fail, ok, type Result } from '../base/result.ts';
import type { Bound } from '../model/project.ts';
import { type TextProblem, textProblem } from './text-problem.ts';

const NUMBER = '[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?';
const COMPARISON = new RegExp(`^(>=|<=|!=|>|<|=)\\s*(${NUMBER})\\s*(%?)$`);
const BETWEEN = new RegExp(`^not\\s+between\\s+(${NUMBER})\\s*(%?)\\s+and\\s+(${NUMBER})\\s*(%?)$`, 'i');
const HELP = 'write `> 10`, `<= 0.5%`, `!= 0` or `not between 1 and 3`';

/** Parses what `warn_if` and `error_if` say (vocabulary.md, "Checks"). */
export function parseBound(text: string): Result<Bound, TextProblem> {
  const lead = text.length - text.trimStart().length;
  const body = text.trim();
  const whole = { offset: lead, length: body.length };
  const comparison = COMPARISON.exec(body);
  if (comparison !== null) {
    const [, op, value, percent] = comparison as unknown as [string, '>', string, string];
    return ok({ op, value: Number(value), percent: percent === '%' });
  }
  const between = BETWEEN.exec(body);
  if (between !== null) {
    const [, low, first, high, second] = between as unknown as [string, string, string, string, string];
    if (first !== second)
      return fail(
        textProblem(text, whole, 'only one of the two limits is a percentage', 'write `%` behind both, or behind none'),
      );
    if (Number(low) > Number(high))
      return fail(
        textProblem(
          text,
          whole,
          `${low} is more than ${high}, so no value lies between`,
          'write the smaller number first',
        ),
      );
    return ok({ op: 'not between', low: Number(low), high: Number(high), percent: second === '%' });
  }
  if (new RegExp(`^${NUMBER}\\s*%?$`).test(body)) {
    return fail(
      textProblem(text, whole, `\`${body}\` does not say when it fails`, `write \`> ${body}\` or \`< ${body}\``),
    );
  }
  if (/^(==|<>|=>|=<)/.test(body)) {
    const right = { '==': '=', '<>': '!=', '=>': '>=', '=<': '<=' }[body.slice(0, 2)]!;
    return fail(
      textProblem(
        text,
        { offset: lead, length: 2 },
        `\`${body.slice(0, 2)}\` is no comparison here`,
        `write \`${right}\``,
      ),
    );
  }
  if (/^between\b/i.test(body)) {
    return fail(
      textProblem(text, whole, 'a bound says what is wrong, not what is right', 'write `not between … and …`'),
    );
  }
  return fail(textProblem(text, whole, `\`${body}\` is not a bound`, HELP));
}

/** The bound as it would be written. */
export function formatBound(bound: Bound): string {
  const unit = bound.percent ? '%' : '';
  return bound.op === 'not between'
    ? `not between ${bound.low}${unit} and ${bound.high}${unit}`
    : `${bound.op} ${bound.value}${unit}`;
}
