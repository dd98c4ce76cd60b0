import { judgeWorld, type WorldFigures } from './invariants.ts';
import { sharedSeed, tightSeed, worldOfSeed } from './random-world.ts';

// `npm run simulate:long [-- worlds [first seed]]`: random worlds one after the other, each by its seed; every fourth of
// them once more with its work shared out among jobs, which is world 1,000,000 + seed, and every fifth with little time
// for its jobs, which is 2,000,000 more. Prints what is wrong as it is found, and a line of figures for each hundred:
// after an interruption go on with the seed after the last line; ranges may be played by several processes. Exit code 1
// when anything was wrong.

const worlds = Number(process.argv[2] ?? 10_000);
const first = Number(process.argv[3] ?? 1);
const STRETCH = 100;
const SHARED = 4;
const TIGHT = 5;

interface Sums extends Record<keyof WorldFigures, number> {
  worlds: number;
  wrong: number;
}

function emptySums(): Sums {
  const figures = {
    commits: 0,
    events: 0,
    late: 0,
    runs: 0,
    backfills: 0,
    materialized: 0,
    lostRunners: 0,
    waits: 0,
    asked: 0,
    waves: 0,
    quiet: 0,
    neverBegun: 0,
  };
  return { worlds: 0, wrong: 0, ...figures };
}

function add(to: Sums, more: Partial<Sums>): void {
  for (const [name, value] of Object.entries(more)) to[name as keyof Sums] += value ?? 0;
}

function say(what: string, sums: Sums): void {
  const { commits, events, late, runs, backfills, materialized, lostRunners, waits, asked, waves, quiet, neverBegun } =
    sums;
  process.stdout.write(
    `${what}: ${sums.worlds} worlds, ${sums.wrong} with something wrong; ${commits} commits and ${events} events (${late} late) judged; ${runs} runs, ${backfills} backfills, ${materialized} materializations, ${lostRunners} runners lost, ${waits} waits, ${asked} asked for by themselves, ${waves} waves, ${quiet} quiet wake-ups, ${neverBegun} runs given up before they began\n`,
  );
}

const all = emptySums();
for (let from = first; from < first + worlds; from += STRETCH) {
  const stretch = emptySums();
  const to = Math.min(from + STRETCH, first + worlds);
  const own = Array.from({ length: to - from }, (_, i) => from + i);
  const seeds = own.flatMap((seed) =>
    seed >= sharedSeed(0)
      ? [seed]
      : [
          seed,
          ...(seed % SHARED === 0 ? [sharedSeed(seed)] : []),
          ...(seed % TIGHT === 0 ? [tightSeed(seed)] : []),
          ...(seed % (SHARED * TIGHT) === 0 ? [tightSeed(sharedSeed(seed))] : []),
        ],
  );
  for (const seed of seeds) {
    const judged = await judgeWorld(worldOfSeed(seed), { twice: seed % 20 === 0 }).catch((error: unknown) => ({
      wrong: [String((error as Error).stack ?? error)],
      figures: undefined,
    }));
    const isWrong = judged.wrong.length > 0;
    add(stretch, { worlds: 1, wrong: isWrong ? 1 : 0, ...judged.figures });
    if (isWrong) process.stdout.write(`seed ${seed}:\n${judged.wrong.map((text) => `  ${text}`).join('\n')}\n`);
  }
  add(all, stretch);
  say(`seeds ${from} to ${to - 1}`, stretch);
}
say('all', all);
process.exitCode = all.wrong > 0 ? 1 : 0;
