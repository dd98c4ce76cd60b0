import { type Random, seededRandom } from '../../simulate/virtual-time.ts';
import type { Files } from '../project-builder.ts';

/** A project, what happens around it, and how long somebody looks. */
export interface RandomWorld {
  readonly seed: number;
  readonly files: Files;
  readonly scenario: string;
  readonly hours: number;
  /** From then on nothing fails or is started any more. */
  readonly troubleHours: number;
}

/** All that fails or is lost happens before this hour, and schedules ask for the last run before it. */
const TROUBLE_HOURS = 6;

/**
 * Whoever looks stops when all is over. Where most rings are lost, each job has half an hour and makes one long step in
 * it, what is left takes more than the rest of a day.
 */
const HOURS = 71;

/** The first day: what is left on the next is not joined by more of the same. */
const DAY = '29 11 *';

const SINGLE = 'backfill_policy: { single_run: true }';
const MULTI = 'backfill_policy: { multi_run: { max_partitions_per_run: 2 } }';

/** Worlds whose work is shared out among jobs: that of 1,000,017 is that of 17 otherwise, which stays what it was. */
const SHARED_FROM = 1_000_000;

/** The seed of the same world with its work shared out. */
export function sharedSeed(seed: number): number {
  return SHARED_FROM + seed;
}

/** Worlds whose jobs have little time and take long to get ready: that of 2,000,017 is that of 17 otherwise. */
const TIGHT_FROM = 2_000_000;

/** The seed of the same world with little time for its jobs. */
export function tightSeed(seed: number): number {
  return TIGHT_FROM + seed;
}

/** The world of a seed. */
export function worldOfSeed(seed: number): RandomWorld {
  if (seed >= TIGHT_FROM) return { ...shortOfTime(worldOfSeed(seed - TIGHT_FROM), seededRandom(seed)), seed };
  if (seed < SHARED_FROM) return randomWorld(seed, seededRandom(seed));
  const own = seed - SHARED_FROM;
  return { ...sharedOut(randomWorld(own, seededRandom(own)), seededRandom(seed)), seed };
}

/** The same with jobs that have little time: getting ready takes most of it, or steps do. */
function shortOfTime(world: RandomWorld, random: Random): RandomWorld {
  const below = (bound: number): number => Math.floor(random() * bound);
  const minutes = [3, 10, 25][below(3)]!;
  const setUp = Math.floor(minutes * 60 * [0.05, 0.3, 0.8][below(3)]!);
  return {
    ...world,
    // Some rings make one long step each.
    hours: 24 * 14,
    scenario: world.scenario
      .replace(/^time_budget: .*$/m, `time_budget: ${minutes}m`)
      .replace(/^github: \{/m, `github: { set_up: ${setUp}s,`)
      // Else rings wait for the machine that others get ready on, more with each.
      .replace(/runners: \d+/, 'runners: 20'),
  };
}

/** The same with jobs that share its work, machines of two kinds among them. */
function sharedOut(world: RandomWorld, random: Random): RandomWorld {
  const below = (bound: number): number => Math.floor(random() * bound);
  const jobs = [1, 2, 3, 8][below(4)]!;
  const manifest = String(world.files['branchline.yaml']);
  const lines = manifest.split('\n');
  const machines =
    random() < 0.5
      ? lines.map((line) =>
          /^ {2}a\d+: \{/.test(line) && random() < 0.3 ? line.replace(/ \}$/, ', runner: big }') : line,
        )
      : lines;
  const at = machines.indexOf('assets:');
  const named = [...machines.slice(0, at), 'runners: { big: { runs-on: [self-hosted, big] } }', ...machines.slice(at)];
  const shared: RandomWorld = {
    ...world,
    files: { ...world.files, 'branchline.yaml': named.join('\n') },
    scenario: `${world.scenario}fan_out: { jobs: ${jobs} }\n`,
  };
  // After all else, so that worlds without it are what they were.
  return random() < 0.4 ? withOneMachine(shared, named, jobs, random) : shared;
}

/** One machine of a kind, which some step has for hours, and runs that do not wait for it for ever. */
function withOneMachine(world: RandomWorld, manifest: readonly string[], jobs: number, random: Random): RandomWorld {
  const below = (bound: number): number => Math.floor(random() * bound);
  const key = `start_timeout_seconds: ${[60, 600, 1800][below(3)]}`;
  const isMonitoring = (line: string): boolean => line.startsWith('run_monitoring: ');
  const watched = manifest.some(isMonitoring)
    ? manifest.map((line) => (isMonitoring(line) ? line.replace(/ \}$/, `, ${key} }`) : line))
    : manifest.toSpliced(manifest.indexOf('assets:'), 0, `run_monitoring: { enabled: true, ${key} }`);
  const placed = watched.map((line) =>
    /^ {2}a\d+: \{/.test(line) && !line.includes('runner:') && random() < 0.9
      ? line.replace(/ \}$/, ', runner: big }')
      : line,
  );
  const long = placed.flatMap((line) => (line.includes('runner: big') ? [/^ {2}(a\d+):/.exec(line)![1]!] : []));
  const hours = `"key:${long[below(long.length)] ?? 'a0'}": ${[40, 70][below(2)]}m`;
  return {
    ...world,
    files: { ...world.files, 'branchline.yaml': placed.join('\n') },
    scenario: world.scenario
      .replace(/^(durations: .*) \}$/m, `$1, ${hours} }`)
      // Somebody has to come by while they wait.
      .replace(/^wake_ups: \{ cron: "[^"]*"/m, 'wake_ups: { cron: "*/10 * * * *"')
      .replace(/^fan_out: .*$/m, `fan_out: { jobs: ${jobs}, machines: { big: 1 } }`),
  };
}

/** The world of a seed: 2 to 200 assets, some of them partitioned, policies of all kinds, and crashes at any moment. */
export function randomWorld(seed: number, random: Random): RandomWorld {
  const below = (bound: number): number => Math.floor(random() * bound);
  const oneOf = <T>(items: readonly T[]): T => items[below(items.length)]!;
  const chance = (share: number): boolean => random() < share;
  const size = chance(0.02) ? 40 + below(161) : 2 + below(9);
  const names = Array.from({ length: size }, (_, i) => `a${i}`);
  const cut = new Set(names.filter(() => chance(0.25)));
  const assets = names.map((name, i) => {
    const deps = names.slice(Math.max(0, i - 12), i).filter(() => chance(2.5 / Math.max(3, Math.min(i, 12))));
    const keys = [
      deps.length > 0 && chance(0.7) ? `deps: [${deps.join(', ')}]` : '',
      'run: make',
      cut.has(name) ? `partitions: { daily: { start: "2026-11-2${below(5)}" } }` : '',
      chance(0.3)
        ? `retry_policy: { max_retries: ${1 + below(2)}${chance(0.7) ? `, delay: ${oneOf(['10s', '2m', '9m'])}` : ''} }`
        : '',
      chance(0.3) ? `pool: ${oneOf(['p', 'q'])}` : '',
      chance(0.2) ? 'connection: w' : '',
      chance(0.3) ? `checks: { c: { run: judge${chance(0.5) ? ', blocking: true' : ''} } }` : '',
      chance(0.2) ? 'materialize: always' : '',
      chance(0.15) ? 'timeout: 12m' : '',
      cut.has(name) ? oneOf(['', SINGLE, MULTI]) : '',
    ];
    return `  ${name}: { ${keys.filter((key) => key !== '').join(', ')} }`;
  });
  const whole = names.filter((name) => !cut.has(name));
  const selections = [
    whole.length > 0
      ? whole
          .slice(0, 20)
          .map((name) => `key:${name}`)
          .join(' or ')
      : `key:${names[0]}`,
    `key:${oneOf(names)}`,
    `key:${oneOf(names)}`,
  ];
  const schedules = Array.from({ length: 1 + below(4) }, (_, i) => {
    const tags = [
      chance(0.5) ? `source: ${oneOf(['x', 'y'])}` : '',
      chance(0.3) ? `branchline/priority: "${below(5) - 2}"` : '',
      chance(0.2) ? `branchline/max_retries: "${below(3)}"` : '',
    ].filter((tag) => tag !== '');
    const cron = `${below(60)} 0-${TROUBLE_HOURS - 1}${chance(0.3) ? '/2' : ''} ${DAY}`;
    return `  s${i}: { cron: "${cron}", selection: "${oneOf(selections)}", catchup: ${oneOf(['latest', 'all', 'none'])}${chance(0.2) ? ', skip_if_running: true' : ''}${tags.length > 0 ? `, tags: { ${tags.join(', ')} }` : ''} }`;
  });
  const limits = [
    chance(0.6) ? `{ key: source, value: x, limit: ${1 + below(2)} }` : '',
    chance(0.3) ? `{ key: source, value: { applyLimitPerUniqueValue: true }, limit: ${1 + below(2)} }` : '',
    chance(0.2) ? `{ key: source, limit: ${1 + below(3)} }` : '',
  ].filter((limit) => limit !== '');
  const manifest = [
    'name: random',
    `max_parallel: ${1 + below(4)}`,
    `run_queue: { max_concurrent_runs: ${oneOf([1, 2, 3, 10, -1])}${limits.length > 0 ? `, tag_concurrency_limits: [${limits.join(', ')}]` : ''} }`,
    `pools: { p: ${1 + below(2)}, q: ${1 + below(3)} }`,
    chance(0.5)
      ? `run_retries: { enabled: true, max_retries: ${below(3)}, strategy: ${oneOf(['FROM_FAILURE', 'ALL_STEPS'])} }`
      : '',
    chance(0.3)
      ? `run_monitoring: { enabled: true, max_runtime_seconds: ${oneOf([900, 3600])}, max_resume_run_attempts: ${below(3)} }`
      : '',
    'connections: { w: { type: duckdb, path: w.duckdb } }',
    'assets:',
    ...assets,
    'schedules:',
    ...schedules,
  ];
  const day = (): number => 25 + below(4);
  const runs = Array.from({ length: below(4) }, () => {
    const asset = oneOf(names);
    const [a, b] = [day(), day()].sort((x, y) => x - y);
    const partitions = cut.has(asset) ? `, partitions: "2026-11-${a}...2026-11-${b}"` : '';
    return `{ at: +${1 + below(TROUBLE_HOURS * 60)}m, select: "key:${asset}"${partitions}, with_upstream: ${!cut.has(asset)} }`;
  });
  const backfills = Array.from({ length: chance(0.4) ? 1 + below(2) : 0 }, () => {
    const asset = oneOf(names);
    const [a, b] = [day(), day()].sort((x, y) => x - y);
    const keys = chance(0.2) ? 'missing' : a === b ? `2026-11-${a}` : `2026-11-${a}...2026-11-${b}`;
    const partitions = cut.has(asset) ? `, partitions: "${keys}"` : '';
    const more = chance(0.2) ? ', priority: 3' : chance(0.3) ? ', tags: { source: x }' : '';
    return `{ at: +${1 + below(TROUBLE_HOURS * 60)}m, select: "key:${asset}${chance(0.6) ? '+' : ''}"${partitions}${more} }`;
  });
  const crashes = Array.from({ length: below(4) }, () => `+${1 + below(TROUBLE_HOURS * 3600)}s`);
  const scenario = [
    `wake_ups: { cron: "${oneOf(['1 * * * *', '7,37 * * * *', '*/20 * * * *'])}", late: { p50: ${oneOf(['5s', '5m'])}, p99: 40m }, lost: ${oneOf(['0%', '10%', '30%'])} }`,
    `github: { runners: ${oneOf([1, 2, 20])}, requests_per_hour: ${oneOf([10, 1000])} }`,
    `time_budget: ${oneOf(['30m', '5h'])}`,
    `default_duration: ${oneOf(['20s', '3m'])}`,
    `durations: { "*": { p50: ${oneOf(['10s', '2m'])}, p99: ${oneOf(['3m', '25m'])} } }`,
    `failures: { "key:${names[0]}": { from: +${1 + below(TROUBLE_HOURS)}h, to: +${TROUBLE_HOURS + 1}h }, "key:${names.at(-1)}": { first: ${1 + below(3)} } }`,
    `failing_checks: { "*": ${oneOf(['0%', '10%'])} }`,
    `lost_runners: { share: ${oneOf(['0%', '0%', '10%', '40%'])}, work_on: ${oneOf(['0%', '30%', '100%'])}${crashes.length > 0 ? `, at: [${crashes.join(', ')}]` : ''} }`,
    backfills.length > 0 ? `backfills: [${backfills.join(', ')}]` : '',
    runs.length > 0 ? `runs: [${runs.join(', ')}]` : '',
  ];
  // After all else, so that worlds without it are what they were.
  const automated = seed % 3 === 0 ? withAutomation(manifest, oneOf, chance) : manifest;
  const text = (lines: readonly string[]): string => `${lines.filter((line) => line !== '').join('\n')}\n`;
  return {
    seed,
    files: { 'branchline.yaml': text(automated) },
    scenario: text(scenario),
    hours: HOURS,
    troubleHours: TROUBLE_HOURS + 1,
  };
}

/** Some assets ask for their runs by themselves: mostly those that read something. */
function withAutomation(
  manifest: readonly string[],
  oneOf: <T>(items: readonly T[]) => T,
  chance: (share: number) => boolean,
): string[] {
  const rules = ['eager', 'eager', 'on_missing', `{ on_cron: { cron: "20 0-5 ${DAY}" } }`];
  return manifest.map((line) => {
    if (!/^ {2}a\d+: \{/.test(line) || !chance(line.includes('deps:') ? 0.9 : 0.4)) return line;
    return line.replace(/ \}$/, `, automation: ${oneOf(rules)} }`);
  });
}
