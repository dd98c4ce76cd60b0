import { unreachable } from '../../base/result.ts';
import type { PartitionsDef, TimePartitions } from '../../model/partitions.ts';

/** What a definition is called in a manifest: `weekly from 2026-10-01`, `static`, `dynamic customers`, `day × region`. */
export function definitionWords(def: PartitionsDef): string {
  switch (def.kind) {
    case 'time':
      return `${windowWord(def)} from ${def.start}`;
    case 'static':
      return 'static';
    case 'dynamic':
      return `dynamic ${def.name}`;
    case 'multi':
      return Object.keys(def.dimensions).sort().join(' × ');
    default:
      return unreachable(def);
  }
}

/** The key that such windows are written with: a rule of the same form may as well have been written as `cron`. */
function windowWord({ cron }: TimePartitions): string {
  if (/^\d+ \* \* \* \*$/.test(cron)) return 'hourly';
  if (/^\d+ \d+ \* \* \*$/.test(cron)) return 'daily';
  if (/^\d+ \d+ \* \* \d$/.test(cron)) return 'weekly';
  if (/^\d+ \d+ \d+ \* \*$/.test(cron)) return 'monthly';
  return `cron ${cron}`;
}
