import type { SpanRoom } from '../base/byte-span.ts';
import type { PartitionFacts, PartitionMaterialization, PartitionRecord, Turn } from '../model/state.ts';
import type { Column, TextColumn } from './leaf-columns.ts';
import { secondsText } from './seconds-text.ts';

/** The columns of a leaf but for its keys, all of their length. */
export interface LeafColumns {
  /** Data versions; null = never made. */
  readonly data: TextColumn;
  readonly used: TextColumn;
  /** Seconds since 1970. */
  readonly at: Column;
  readonly run: Column;
  readonly code: Column;
  readonly turn: Column;
  readonly rows: Column;
  readonly files: Column;
  readonly failed: Column;
  readonly checks: Column;
  /** There where assets ask for their runs by themselves. */
  readonly handled?: Column;
  /** There where data was found to be gone. */
  readonly lost?: Column;
}

/**
 * A leaf as it was parsed: columns that are looked into by place. A record is put together only for who asks for a whole
 * one, because ten thousand of them an asset cost more than everything that is told from them.
 */
export class PartitionLeaf {
  readonly asset: string;
  /** In the order of their bytes. */
  readonly keys: readonly string[];
  private readonly columns: LeafColumns;
  private readonly allMade: boolean;
  private readonly noneFailed: boolean;
  /** The code that made them all, where it is one. */
  private readonly oneCode: string | undefined;

  /** `allMade`: there is a data version at each place. */
  constructor(asset: string, keys: readonly string[], columns: LeafColumns, allMade: boolean) {
    this.asset = asset;
    this.keys = keys;
    this.columns = columns;
    this.allMade = allMade;
    this.noneFailed = columns.failed.single?.value === null;
    const code = columns.code.single?.value;
    this.oneCode = typeof code === 'string' ? code : undefined;
  }

  isMadeAt(place: number): boolean {
    return this.allMade || this.columns.data.at(place) !== null;
  }

  /** Whether the newest attempt ended without it. */
  hasFailedAt(place: number): boolean {
    return !this.noneFailed && this.columns.failed.at(place) !== null;
  }

  /** Whether it was made and its data was found to be gone. */
  isLostAt(place: number): boolean {
    const lost = this.columns.lost?.at(place) as PartitionRecord['lost'] | null | undefined;
    return lost?.message !== undefined && this.isMadeAt(place);
  }

  // What follows is asked of what was made.

  codeVersionAt(place: number): string {
    return this.oneCode ?? (this.columns.code.at(place) as string);
  }

  usedAt(place: number): string {
    return this.columns.used.at(place) as string;
  }

  /** Where the digest of what was read stands; false where it cannot be told. */
  usedSpanAt(place: number, into: SpanRoom): boolean {
    return this.columns.used.spanAt(place, into);
  }

  /** Where the data version stands; false where it was never made, or it cannot be told. */
  versionSpanAt(place: number, into: SpanRoom): boolean {
    return this.columns.data.spanAt(place, into);
  }

  /** What status and staleness are told from, of the key at a place. */
  factsAt(place: number): PartitionFacts {
    const { columns } = this;
    const dataVersion = columns.data.at(place) as string | null;
    const failed = columns.failed.at(place) as PartitionRecord['failed'] | null;
    const checks = columns.checks.at(place) as PartitionRecord['checks'] | null;
    return {
      materialized:
        dataVersion === null
          ? undefined
          : {
              codeVersion: columns.code.at(place) as string,
              dataVersion,
              used: columns.used.at(place) as string,
            },
      failed: failed ?? undefined,
      lost: (columns.lost?.at(place) as PartitionRecord['lost'] | null | undefined) ?? undefined,
      checks: checks ?? undefined,
    };
  }

  recordAt(place: number): PartitionRecord {
    const { columns } = this;
    const record: { -readonly [K in keyof PartitionRecord]: PartitionRecord[K] } = {};
    const failed = columns.failed.at(place) as PartitionRecord['failed'] | null;
    const checks = columns.checks.at(place) as PartitionRecord['checks'] | null;
    if (failed !== null) record.failed = failed;
    if (checks !== null) record.checks = checks;
    const handled = (columns.handled?.at(place) ?? null) as PartitionRecord['handled'] | null;
    if (handled) record.handled = handled;
    const lost = (columns.lost?.at(place) ?? null) as PartitionRecord['lost'] | null;
    if (lost) record.lost = lost;
    const dataVersion = columns.data.at(place) as string | null;
    if (dataVersion === null) return record;
    const made: { -readonly [K in keyof PartitionMaterialization]: PartitionMaterialization[K] } = {
      run: columns.run.at(place) as string,
      at: secondsText(columns.at.at(place) as number),
      codeVersion: columns.code.at(place) as string,
      dataVersion,
      used: columns.used.at(place) as string,
      turn: columns.turn.at(place) as Turn,
    };
    const rows = columns.rows.at(place) as number | null;
    const files = columns.files.at(place) as PartitionMaterialization['files'] | null;
    if (rows !== null) made.rows = rows;
    if (files !== null) made.files = files;
    record.materialized = made;
    return record;
  }
}
