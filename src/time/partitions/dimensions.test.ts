import { describe, expect, test } from 'vitest';
import type { PartitionsDef } from '../../model/partitions.ts';
import { narrowByDimension } from './dimensions.ts';
import { openPartitions, selectKeys } from './keys.ts';

const def: PartitionsDef = {
  kind: 'multi',
  dimensions: {
    size: { kind: 'static', keys: ['s', 'm', 'l'] },
    region: { kind: 'static', keys: ['eu', 'us', 'a=b'] },
  },
};
const partitions = openPartitions(def);
const keys = partitions.keys({ now: 0, dynamic: () => [] });

function select(text: string): readonly string[] | string {
  const narrowed = narrowByDimension(partitions, keys, text);
  if (!narrowed.ok) return narrowed.error.map(({ message }) => message).join('\n');
  const chosen = selectKeys(narrowed.value.keys, narrowed.value.text);
  return chosen.ok ? chosen.value : chosen.error.map(({ message }) => message).join('\n');
}

describe('keys of several dimensions', () => {
  test.each([
    ['region=eu', ['eu|s', 'eu|m', 'eu|l']],
    [' size = s...m , region=eu', ['eu|s', 'eu|m']],
    ['region=us,region=eu,size=l', ['eu|l', 'us|l']],
    ['region=all,size=l', ['eu|l', 'us|l', 'a=b|l']],
    ['region=a=b,size=s', ['a=b|s']],
    // What is not of a dimension chooses among these.
    ['region=eu,eu|m...eu|l', ['eu|m', 'eu|l']],
    // Whole keys as ever.
    ['a=b|s', ['a=b|s']],
    ['eu|s,us|m', ['eu|s', 'us|m']],
    ['a=b|s...a=b|m', ['a=b|s', 'a=b|m']],
  ])('are chosen by %s', (text, chosen) => expect(select(text)).toEqual(chosen));

  test.each([
    ['regoin=eu', '`regoin=eu`: there is no dimension `regoin`; did you mean `region`?'],
    ['region=ue', 'region: `ue` is no partition'],
    ['size=l...s', 'size: the range `l...s` ends before it begins'],
    [
      'eu',
      '`eu` names keys of the dimension `region` and no partition; write `region=eu`, or whole keys (region | size)',
    ],
    ['s...m', 'write `size=s...m`'],
    ['region=eu,us|s', '`us|s` is no partition'],
    ['nothing', '`nothing` is no partition'],
  ])('are refused for %s with what to write', (text, message) => expect(select(text)).toContain(message));

  test('leave `missing` to whoever knows what was made, among the keys that are named', () => {
    expect(narrowByDimension(partitions, keys, 'region=eu,missing')).toEqual({
      ok: true,
      value: { keys: ['eu|s', 'eu|m', 'eu|l'], text: 'missing' },
    });
  });

  test('are none of a definition of one', () => {
    const single = openPartitions({ kind: 'static', keys: ['a=b', 'c'] });
    const own = single.keys({ now: 0, dynamic: () => [] });
    expect(narrowByDimension(single, own, 'a=b')).toEqual({ ok: true, value: { keys: own, text: 'a=b' } });
  });
});
