import { seededRandom } from '../../simulate/virtual-time.ts';
import { judgeWorld, type WorldFigures } from './invariants.ts';
import { randomWorld } from './random-world.ts';

// `npm run simulate:long [-- worlds [first seed]]`: random worlds one after the other, each by its seed. Prints what is wrong as
// it is found, and a line of figures at the end; exit code 1 when anything was wrong.

const worlds = Number(process.argv[2] ?? 10_000);
const first = Number(process.argv[3] ?? 1);
const sums: Record<keyof WorldFigures, number> = { commits: 0, runs: 0, materialized: 0, lostRunners: 0, waits: 0 };
let played = 0;
let failed = 0;
for (let seed = first; seed < first + worlds; seed++) {
  const judged = await judgeWorld(randomWorld(seed, seededRandom(seed)), { twice: seed % 20 === 0 }).catch(
    (error: unknown) => ({ wrong: [String((error as Error).stack ?? error)], figures: undefined }),
  );
  played++;
  for (const [name, value] of Object.entries(judged.figures ?? {})) sums[name as keyof WorldFigures] += value;
  if (judged.wrong.length > 0) {
    failed++;
    process.stdout.write(`seed ${seed}:\n${judged.wrong.map((text) => `  ${text}`).join('\n')}\n`);
  }
  if (played % 100 === 0) process.stdout.write(`${played} worlds, ${failed} with something wrong\n`);
}
const { commits, runs, materialized, lostRunners, waits } = sums;
process.stdout.write(
  `${played} worlds: ${failed} with something wrong; ${runs} runs, ${commits} commits, ${materialized} materializations, ${lostRunners} runners lost, ${waits} waits.\n`,
);
process.exitCode = failed > 0 ? 1 : 0;
