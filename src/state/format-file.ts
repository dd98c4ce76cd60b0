import type { StateProblem } from './codec.ts';
import { FORMAT_MAX, FORMAT_PATH } from './layout.ts';
import { isObject } from './shape.ts';

/** The one file that every reader of any version understands. */
export function checkFormat(listing: readonly string[], texts: ReadonlyMap<string, string>): StateProblem | undefined {
  const problem = (code: StateProblem['code'], message: string): StateProblem => ({
    code,
    file: FORMAT_PATH,
    line: 0,
    message,
  });
  if (!listing.includes(FORMAT_PATH))
    return problem('missing', 'the file is not there: this branch was not made by Branchline, or it was damaged');
  let value: unknown;
  try {
    value = JSON.parse(texts.get(FORMAT_PATH) ?? '') as unknown;
  } catch {
    return problem('broken', 'not JSON');
  }
  const format = isObject(value) ? value['format'] : undefined;
  if (!isObject(value) || !Number.isSafeInteger(format) || Number(format) < 1)
    return problem('broken', 'format: expected a whole number from 1');
  if (Number(format) > FORMAT_MAX)
    return problem(
      'newer-format',
      `the state has format ${String(format)} and this Branchline reads up to format ${FORMAT_MAX}: ` +
        `use Branchline ${typeof value['reader_min'] === 'string' ? value['reader_min'] : 'newest'} or newer`,
    );
  return typeof value['project'] === 'string' ? undefined : problem('broken', 'project: is missing');
}

/** The layout's version in `format.json`; undefined when the file is broken or not there. */
export function formatOf(texts: ReadonlyMap<string, string>): number | undefined {
  try {
    const value = JSON.parse(texts.get(FORMAT_PATH) ?? '') as unknown;
    return isObject(value) && typeof value['format'] === 'number' ? value['format'] : undefined;
  } catch {
    return undefined;
  }
}

/** The project's name in `format.json`; undefined when the state is empty or the file is broken. */
export function projectOf(texts: ReadonlyMap<string, string>): string | undefined {
  try {
    const value = JSON.parse(texts.get(FORMAT_PATH) ?? '') as unknown;
    return isObject(value) && typeof value['project'] === 'string' ? value['project'] : undefined;
  } catch {
    return undefined;
  }
}
