import { fail, ok, type Result } from '../base/result.ts';

export interface ShellCommand {
  readonly file: string;
  readonly arguments: readonly string[];
}

interface Shell {
  readonly template: string;
  /** Some interpreters look at the name of a file. */
  readonly ending: string;
}

/** The shells of GitHub's workflows, with GitHub's options. */
const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { template: 'bash --noprofile --norc -eo pipefail {0}', ending: '.sh' },
  sh: { template: 'sh -e {0}', ending: '.sh' },
  python: { template: 'python {0}', ending: '.py' },
  node: { template: 'node {0}', ending: '.js' },
  pwsh: { template: `pwsh -command ". '{0}'"`, ending: '.ps1' },
};

/** What the name of a script's file must end in. */
export function scriptEnding(shell: string): string {
  return SHELLS[shell]?.ending ?? '';
}

/** The command that runs the script in a file. Refused: a shell that is neither known nor a template with `{0}`. */
export function shellCommand(shell: string, scriptPath: string): Result<ShellCommand, string> {
  const template = SHELLS[shell]?.template ?? shell;
  if (!template.includes('{0}')) {
    const known = Object.keys(SHELLS).join(', ');
    return fail(`unknown shell \`${shell}\`: use one of ${known}, or a command with {0} in place of the script's file`);
  }
  const words = splitWords(template).map((word) => word.replaceAll('{0}', scriptPath));
  const [file, ...rest] = words;
  return file ? ok({ file, arguments: rest }) : fail(`the shell \`${shell}\` names no command`);
}

/** Words apart by white space; double quotes keep some together. */
function splitWords(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|[^\s"])+/g)].map(([word]) => word.replaceAll('"', ''));
}
