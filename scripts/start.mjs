// `npm start`: the main job on a real example, on a machine with git and Node 20 or newer and nothing installed.
//
// The example goes into a repository of its own, .branchline-try/weather, which stays between calls. There the schedule
// is adopted by a first tick, and a second tick at the next due instant runs everything. Called again, it ticks at the
// same instant again and shows that nothing has to be done. `npm start -- --fresh` starts over.

import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const cli = path.join(root, 'dist', 'cli.js');
const scratch = path.join(root, '.branchline-try');
const project = path.join(scratch, 'weather');
const report = path.join(scratch, 'report');
const production = ['--environment', 'production'];

/** A day that is over, so that whatever is tried afterwards comes later than what is recorded here. */
const adoptionInstant = () => `${new Date(Date.now() - 86_400_000).toISOString().slice(0, 10)}T00:00:00Z`;

class Stop extends Error {
  /** @param {number} code exit code, as in docs/exit-codes.md */
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// The command that runs gets the same Ctrl-C and records what had finished; this script waits for it.
process.on('SIGINT', () => {});
// Whoever reads only the beginning (`npm start | head`) has seen enough.
process.stdout.on('error', () => process.exit());
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = error.code;
}

async function main(args) {
  const unknown = args.filter((arg) => arg !== '--fresh');
  if (unknown.length > 0)
    throw new Stop(2, `Unknown: ${unknown.join(' ')}. The one option is \`npm start -- --fresh\`.`);
  refuseOldNode();
  if (args.includes('--fresh')) rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  prepareRepository();

  const schedule = state().schedules[0];
  const adoptedAt = schedule?.adoptedAt ?? adoptionInstant();
  if (schedule === undefined) {
    say('\nA first tick: the schedule begins to count here.');
    await branchline(['tick', ...production, '--yes', '--now', adoptedAt]);
  }
  const isAgain = schedule?.lastTick !== undefined;
  const tick = isAgain ? schedule.lastTick.tick : nextDue(adoptedAt);
  say(isAgain ? `\nA tick at ${spoken(tick)} once more:` : `\nA tick at ${spoken(tick)}, when the schedule is due:`);
  await branchline(['tick', ...production, '--yes', '--now', tick]);
  const after = state();
  const isWhole = after.assets.every((asset) => asset.attempt?.outcome === 'success');
  if (!isAgain) return summarize(after);
  if (isWhole) {
    explainNothing(schedule);
    return summarize(after);
  }
  say('\nThe run of that tick did not make everything; making what is left:');
  await branchline(['run', '--job', 'daily', ...production, '--yes']);
  return summarize(state());
}

function refuseOldNode() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) throw new Stop(2, `This is Node ${process.version}. Branchline needs Node 20 or newer.`);
  if (git(['--version']).error)
    throw new Stop(3, 'git was not found. Branchline keeps its state with it: install git, then `npm start` again.');
  if (!existsSync(cli)) throw new Stop(2, 'dist/cli.js is not there. `npm run build` makes it.');
}

/** The example as a repository with one commit; left as it is when it is there already. */
function prepareRepository() {
  if (existsSync(path.join(project, '.git', 'refs', 'heads', 'main'))) {
    say(`The example is in ${shown(project)} from before; \`npm start -- --fresh\` starts over.`);
    return;
  }
  rmSync(scratch, { recursive: true, force: true, maxRetries: 3 });
  mkdirSync(scratch, { recursive: true });
  const example = path.join(root, 'examples', 'weather');
  // Someone may have run the example in its own folder; what that made stays there.
  const made = new Set(['data', '.branchline'].map((name) => path.join(example, name)));
  cpSync(example, project, { recursive: true, filter: (source) => !made.has(source) });
  // Neither templates nor hooks nor a signing key of this machine; the identity holds for this repository alone.
  mustGit(['init', '--quiet', '--template=', '--initial-branch=main']);
  mustGit(['config', 'user.name', 'Branchline example']);
  mustGit(['config', 'user.email', 'example@localhost']);
  mustGit(['add', '--all']);
  mustGit(['commit', '--quiet', '--no-verify', '--no-gpg-sign', '--message', 'weather: the example']);
  say(`Put examples/weather into a repository of its own: ${shown(project)}`);
}

/** Next due instant of the schedule, as the engine itself says it. */
function nextDue(adoptedAt) {
  const answer = json(['tick', ...production, '--dry-run', '--now', adoptedAt]);
  return answer.next[0].tick;
}

/** Why the tick did nothing: it has been judged, and nothing that the run reads has changed since. */
function explainNothing({ schedule, lastTick }) {
  const { plan } = json(['plan', ...production]);
  const assets = plan.steps.flatMap((step) => step.assets);
  const upToDate = assets.filter((asset) => asset.verdict === 'skip' && asset.reason === 'up_to_date').length;
  say(
    `\nNothing had to be done. \`${schedule}\` of ${spoken(lastTick.tick)} was judged before, and each due instant makes one run at most, whoever wakes the engine.`,
  );
  if (upToDate === assets.length)
    say(`Nothing is stale either: code, upstream data and files of all ${upToDate} assets are as they were.`);
  else say(`Since then ${assets.length - upToDate} of ${assets.length} assets became stale: \`plan\` below says why.`);
}

/** About twenty lines: what there is now, where it is, what to try. Yields the exit code. */
function summarize({ assets, commit }) {
  const failed = assets.filter((asset) => asset.attempt?.outcome !== 'success');
  rmSync(report, { recursive: true, force: true });
  const reported = branchlineSync(['report', ...production, '--out', report]);
  if (reported.status !== 0) throw new Stop(reported.status ?? 70, reported.stderr);
  const declared = json(['list']).assets.map((listed) => listed.asset);
  assets.sort((one, other) => declared.indexOf(one.asset) - declared.indexOf(other.asset));
  const rows = assets.map((asset) => [asset.asset, contents(asset), judgement(asset)]);
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  say(`\n${headline(assets, failed)}\n`);
  for (const [asset, content, checks] of rows)
    say(`  ${asset.padEnd(width(0))}  ${content.padEnd(width(1))}  ${checks}`.trimEnd());
  const cause = failed.find((asset) => asset.attempt?.failure !== undefined);
  if (cause) say(`\n${cause.asset}: ${cause.attempt.failure.message}\nThen \`npm start\` goes on from here.`);
  say(`
Report  ${shown(path.join(report, 'README.md'))}
Data    ${shown(path.join(project, 'data'))}: a DuckDB file, CSV, and a chart in temperature.svg
State   commit ${commit.slice(0, 7)} on the branch branchline/state of that repository

Try next:
  ${command('list')}
  ${command('plan', ...production)}
  ${command('state log', ...production)}`);
  return failed.length === 0 ? 0 : 1;
}

function headline(assets, failed) {
  const checks = assets.flatMap((asset) => Object.values(asset.checks));
  const warned = checks.filter((check) => check.status === 'FAILED' && check.severity === 'warn').length;
  const passed = checks.filter((check) => check.status === 'PASSED').length;
  const counted = `${passed} of ${checks.length} checks passed${warned > 0 ? `, ${warned} warned` : ''}`;
  if (failed.length > 0) return `${assets.length - failed.length} of ${assets.length} assets made, ${counted}.`;
  return `Daily weather of two cities, 2012 to 2015 (NOAA, public domain): ${assets.length} assets made, ${counted}.`;
}

function contents(asset) {
  const made = asset.materialized;
  if (made === undefined) return 'not made';
  if (made.rows !== undefined) return `${made.rows.toLocaleString('en')} rows`;
  return Object.keys(made.files ?? {})
    .map((file) => path.posix.basename(file))
    .join(', ');
}

function judgement(asset) {
  const checks = Object.entries(asset.checks);
  const bad = checks.filter(([, check]) => check.status !== 'PASSED');
  const counted = checks.length === 0 ? '' : `${checks.length} ${checks.length === 1 ? 'check' : 'checks'}`;
  const [first] = bad;
  if (first === undefined) return counted;
  const [name, check] = first;
  const word = check.status === 'FAILED' && check.severity === 'warn' ? 'warns' : 'did not pass';
  // A check that could not be judged says why at length; that stands below, once.
  return check.status === 'FAILED' ? `${counted}, ${name} ${word}: ${check.message}` : `${counted}, ${name} ${word}`;
}

function state() {
  const shownState = json(['state', 'show', ...production]);
  return { assets: shownState.assets, schedules: shownState.schedules, commit: shownState.commit };
}

/** A command for people to see, and to wait for. Its failure is in the summary; only a refusal or an interrupt ends all. */
async function branchline(args) {
  const child = spawn(process.execPath, [cli, ...args, '--project', project], { stdio: 'inherit', env: environment() });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (exit) => resolve(exit ?? 1));
  });
  if (code !== 0 && code !== 1) throw new Stop(code, `\`branchline ${args[0]}\` ended with exit code ${code}.`);
}

function branchlineSync(args) {
  return spawnSync(process.execPath, [cli, ...args, '--project', project], {
    encoding: 'utf8',
    env: environment(),
    maxBuffer: 1 << 26,
  });
}

function json(args) {
  const done = branchlineSync([...args, '--json']);
  if (done.status === 0) return JSON.parse(done.stdout);
  const said = done.stdout.startsWith('{') ? JSON.parse(done.stdout).error?.message : undefined;
  throw new Stop(done.status ?? 70, said ?? done.stderr);
}

/** This Node comes first for the steps of the example; variables that point git at another repository do not go along. */
function environment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^GIT_(DIR|WORK_TREE|INDEX_FILE|PREFIX)$/.test(name));
  const env = Object.fromEntries(kept);
  const name = Object.keys(env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH';
  env[name] = `${path.dirname(process.execPath)}${path.delimiter}${env[name] ?? ''}`;
  return env;
}

function git(args) {
  return spawnSync('git', args, { cwd: existsSync(project) ? project : root, encoding: 'utf8', env: environment() });
}

function mustGit(args) {
  const done = git(args);
  if (done.status !== 0) throw new Stop(3, `git ${args[0]} failed: ${done.stderr.trim()}`);
}

/** A path as the person who called `npm start` would write it. */
function shown(target) {
  const from = process.env.INIT_CWD ?? process.cwd();
  const relative = path.relative(from, target);
  const text = relative.startsWith('..') ? target : relative || '.';
  return /[^\w./\\:-]/.test(text) ? `"${text}"` : text;
}

function command(words, ...options) {
  return ['node', shown(cli), words, ...options, '--project', shown(project)].join(' ');
}

function spoken(instant) {
  return `${instant.slice(0, 16).replace('T', ' ')} UTC`;
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
