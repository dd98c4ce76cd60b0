import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { lexSql } from './lex.ts';
import type { SqlPart, SqlTemplate } from './render.ts';

/** What `$partition_key`, `$partition_start` and `$partition_end` stand for; an absent one cannot be used here. */
export interface PartitionBinds {
  readonly partition_key?: string;
  /** Wall time of the window's start: `2026-01-01 00:00:00`. */
  readonly partition_start?: string;
  readonly partition_end?: string;
}

const NAMES = new Set(['partition_key', 'partition_start', 'partition_end']);

/**
 * Puts values for `$partition_…` into a template: bind variables like every other value, the ends of the window as
 * timestamps. Undefined binds = the step has no partitions. The error is a sentence.
 */
export function bindPartition(template: SqlTemplate, binds: PartitionBinds | undefined): Result<SqlTemplate, string> {
  const parts: SqlPart[] = [];
  for (const [index, part] of template.parts.entries()) {
    if (part.kind !== 'text') {
      parts.push(part);
      continue;
    }
    const start = textStart(template, index);
    let from = 0;
    // An expression never stands inside of quotes, so each text begins and ends outside of them.
    for (const token of lexSql(part.text).tokens) {
      const name = token.kind === 'bind' ? part.text.slice(token.start + 1, token.end) : '';
      if (!NAMES.has(name)) continue;
      const value = bindValue(name as keyof PartitionBinds, binds);
      if (!value.ok) return value;
      if (token.start > from) parts.push({ kind: 'text', text: part.text.slice(from, token.start) });
      const isTime = name !== 'partition_key';
      parts.push({
        kind: 'bind',
        value: value.value,
        offset: start + token.start,
        ...(isTime ? { cast: 'timestamp' } : {}),
      });
      from = token.end;
    }
    if (from < part.text.length) parts.push({ kind: 'text', text: part.text.slice(from) });
  }
  return ok({ source: template.source, parts });
}

function bindValue(name: keyof PartitionBinds, binds: PartitionBinds | undefined): Result<Json, string> {
  if (binds === undefined) return fail(`\`$${name}\` needs \`partitions:\`, which the asset does not have`);
  const value = binds[name];
  if (value !== undefined) return ok(value);
  return fail(
    name === 'partition_key'
      ? '`$partition_key` is one key, and this step makes several: use `$partition_start` and `$partition_end`, or a `backfill_policy` of one partition a run'
      : `\`$${name}\` is a time, and the asset is not cut by time: use \`$partition_key\``,
  );
}

/** Texts carry no offset: one ends where the next part begins. */
function textStart({ source, parts }: SqlTemplate, index: number): number {
  const part = parts[index]!;
  const next = parts[index + 1];
  const end =
    next === undefined ? source.length : next.kind === 'text' ? textStart({ source, parts }, index + 1) : next.offset;
  return end - (part.kind === 'text' ? part.text.length : 0);
}
