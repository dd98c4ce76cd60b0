import { usdPerMinute } from '../insights/prices.ts';
import type { Billed } from '../model/events.ts';
import type { Project } from '../model/project.ts';
import type { Wave } from '../model/wave.ts';
import { formatDuration } from '../time/format.ts';
import { formatUsd } from './figures-text.ts';
import { columns, count, formatCount, nameSome, safeLine } from './style.ts';

/** What a wave is expected to be billed for: the shards, and the two jobs around them. */
export interface ExpectedBill {
  readonly minutes: number;
  /** Undefined = the price of a machine is not known. */
  readonly usd?: number;
}

const MINUTE_MS = 60_000;

/** Each job is billed by the started minute, the shortest ones too. */
export function expectedBill(
  project: Project,
  wave: Pick<Wave, 'shards'>,
  standard: readonly string[],
  isPublic: boolean | undefined,
): ExpectedBill {
  const around = [standard, standard].map((labels) => ({ labels, minutes: 1 }));
  const shards = wave.shards.map(({ runner, expectedMs }) => ({
    labels: project.runners[runner]?.runsOn ?? standard,
    minutes: minutesOf(expectedMs),
  }));
  let minutes = 0;
  let usd: number | undefined = 0;
  for (const job of [...around, ...shards]) {
    minutes += job.minutes;
    const price = job.labels
      .map((runner) => usdPerMinute({ runner, ...(isPublic === undefined ? {} : { isPublic }) }, project.prices))
      .find((each) => each !== undefined);
    usd = price === undefined || usd === undefined ? undefined : usd + price * job.minutes;
  }
  return { minutes, ...(usd === undefined ? {} : { usd }) };
}

/** What the jobs of a wave were billed for, beside what was expected of them. */
export function billedText(wave: Wave, bills: readonly Billed[], lost: number): string | undefined {
  if (bills.length === 0) return undefined;
  const minutes = bills.reduce((sum, bill) => sum + bill.minutes, 0);
  const usd = bills.some((bill) => bill.usd === undefined)
    ? undefined
    : bills.reduce((sum, bill) => sum + bill.usd!, 0);
  const price = usd === undefined ? '' : usd === 0 ? ', free' : `, ${formatUsd(usd)}`;
  const unknown = lost === 0 ? '' : `; of ${count(lost, 'lost job')} nothing is known`;
  return `Billed minutes of this wave: ${formatCount(minutes)}${price} (expected: about ${formatCount(expectedMinutes(wave))})${unknown}.`;
}

/** The shards, and the two jobs around them. */
function expectedMinutes({ shards }: Wave): number {
  return shards.reduce((sum, { expectedMs }) => sum + minutesOf(expectedMs), 2);
}

function minutesOf(expectedMs: number): number {
  return Math.max(1, Math.ceil(expectedMs / MINUTE_MS));
}

/** The same for `--json`. */
export function shardsJson(
  project: Project,
  { shards, later }: Pick<Wave, 'shards'> & { readonly later: readonly string[] },
  standard: readonly string[],
  bill: ExpectedBill,
): Record<string, unknown> {
  const jobs = shards.map(({ runner, steps, expectedMs }) => ({
    runsOn: project.runners[runner]?.runsOn ?? standard,
    steps,
    expectedMs,
    minutes: minutesOf(expectedMs),
  }));
  return { jobs, later, ...bill };
}

/** The jobs of a wave, with what each is to do and how long that is expected to take. */
export function renderShards(
  project: Project,
  wave: Pick<Wave, 'shards'>,
  standard: readonly string[],
  bill: ExpectedBill,
): string {
  const price = bill.usd === undefined ? '' : bill.usd === 0 ? ', free' : `, ${formatUsd(bill.usd)}`;
  const shared = wave.shards.reduce((sum, { steps }) => sum + steps.length, 0);
  const rows = wave.shards.map(({ id, runner, steps, expectedMs }) => [
    `  ${id}`,
    safeLine((project.runners[runner]?.runsOn ?? standard).join(', '), 40),
    `about ${formatDuration(expectedMs)}`,
    `${count(steps.length, 'step')}: ${nameSome(steps)}`,
  ]);
  return [
    `${count(shared, 'step')} in ${count(wave.shards.length, 'job')}; about ${formatCount(bill.minutes)} billed minutes with the jobs around them${price}.`,
    ...columns(rows),
  ].join('\n');
}
