import type { Uncommitted } from '../model/events.ts';
import { nameSome, safeLine } from './style.ts';

/** `with uncommitted changes of a.sql, b.py and 3 more`, behind the commit of a code. */
export function uncommittedText({ count, files }: Uncommitted): string {
  return `with uncommitted changes of ${uncommittedNames({ count, files })}`;
}

/** `a.sql, b.py and 3 more`. */
export function uncommittedNames({ count, files }: Uncommitted): string {
  const shown = files.slice(0, NAMED_MAX).map((path) => safeLine(path, 120));
  return count > shown.length ? `${shown.join(', ')} and ${count - shown.length} more` : nameSome(shown);
}

const NAMED_MAX = 3;
