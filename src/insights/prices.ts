/**
 * What a minute of GitHub's runners costs in US dollars, by label: the published prices of 2026
 * (docs.github.com/billing/reference/actions-runner-pricing). Larger runners of Linux and Windows have names that their
 * owners choose, so their prices belong into `prices:` of branchline.yaml.
 */
const PRICES: readonly (readonly [label: RegExp, usdPerMinute: number, size: 'standard' | 'larger'])[] = [
  [/^ubuntu-slim$/, 0.002, 'standard'],
  [/^ubuntu-(?:latest|\d+\.\d+)-arm$/, 0.005, 'standard'],
  [/^ubuntu-(?:latest|\d+\.\d+)$/, 0.006, 'standard'],
  [/^windows-(?:latest|\d+)-arm$/, 0.008, 'standard'],
  [/^windows-(?:latest|\d+)(?:-vs\d+)?$/, 0.01, 'standard'],
  [/^macos-(?:latest|\d+)-xlarge$/, 0.102, 'larger'],
  [/^macos-(?:latest|\d+)-large$/, 0.077, 'larger'],
  [/^macos-(?:latest|\d+)(?:-intel)?$/, 0.062, 'standard'],
];

/** Where a job runs, as far as it is known. */
export interface RunnerFacts {
  /** `ubuntu-latest`; of several labels the one that the price is of. */
  readonly runner: string;
  /** Standard runners are free in public repositories. Undefined = not known. */
  readonly isPublic?: boolean;
  /** Not GitHub's machine: it has a price only where `prices:` says so. */
  readonly isSelfHosted?: boolean;
}

/** US dollars a minute: what the project says, else GitHub's price. Undefined = not known; 0 = free. */
export function usdPerMinute(facts: RunnerFacts, prices: Readonly<Record<string, number>>): number | undefined {
  const { runner, isPublic, isSelfHosted } = facts;
  if (Object.hasOwn(prices, runner)) return prices[runner];
  if (isSelfHosted) return undefined;
  const known = PRICES.find(([label]) => label.test(runner));
  if (!known) return undefined;
  const [, price, size] = known;
  return isPublic && size === 'standard' ? 0 : price;
}

/** The machine as the runner describes it: `RUNNER_OS`, `RUNNER_ARCH`. */
export interface RunnerMachine {
  readonly os: string | undefined;
  readonly arch: string | undefined;
}

/**
 * The label whose price counts: of a job's labels the first that has one, else its first; without labels, that of the
 * standard runner for the machine.
 */
export function runnerLabel(
  labels: readonly string[],
  machine: RunnerMachine,
  prices: Readonly<Record<string, number>>,
): string {
  const priced = labels.find((runner) => usdPerMinute({ runner }, prices) !== undefined);
  return priced ?? labels[0] ?? standardLabel(machine);
}

function standardLabel({ os, arch }: RunnerMachine): string {
  const isArm = arch === 'ARM64';
  if (os === 'Windows') return isArm ? 'windows-11-arm' : 'windows-latest';
  if (os === 'macOS') return 'macos-latest';
  return isArm ? 'ubuntu-24.04-arm' : 'ubuntu-latest';
}
