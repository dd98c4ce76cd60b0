/** Commands that look at or change the state of an environment, by their words: they take `--environment`. */
export const ENVIRONMENT_COMMANDS: ReadonlySet<string> = new Set([
  'list',
  'plan',
  'run',
  'tick',
  'retry',
  'queue',
  'cancel',
  'simulate',
  'report',
  'explain',
  'partitions list',
  'partitions status',
  'partitions add',
  'partitions remove',
  'backfill preview',
  'backfill start',
  'backfill resume',
  'backfill status',
  'backfill cancel',
  'outputs list',
  'outputs get',
  'state log',
  'state show',
  'state verify',
  'state replay',
  'state create',
  'state compact',
]);

/**
 * A message with the commands that it names (`branchline …` between backticks) said so that they go on in an environment:
 * whoever works on production is not sent to the state of the laptop.
 */
export function adviceIn(text: string, environment: string | undefined): string {
  if (environment === undefined || environment === 'local' || !text.includes('`branchline ')) return text;
  return text.replace(/`branchline ([^`\n]*)`/g, (whole, words: string) => {
    if (/--environment\b/.test(words) || !takesEnvironment(words)) return whole;
    // A file that its output goes to comes last.
    const [, command, rest] = /^(.*?)(\s+>.*)?$/.exec(words)!;
    return `\`branchline ${command} --environment ${environment}${rest ?? ''}\``;
  });
}

function takesEnvironment(words: string): boolean {
  const [first = '', second = ''] = words.split(' ');
  return ENVIRONMENT_COMMANDS.has(first) || ENVIRONMENT_COMMANDS.has(`${first} ${second}`);
}
