import type { Command } from 'commander';
import type { GlobalOptions } from './command.ts';
import { buildProgram } from './program.ts';

/** A command as a shell completes it. */
interface Completable {
  /** `state log`. */
  readonly path: string;
  readonly words: readonly string[];
  readonly description: string;
}

/** `branchline completion <shell>`: the script is made from the commands themselves, so it cannot lag behind them. */
export async function run(_options: GlobalOptions, args: readonly string[]): Promise<number> {
  const program = buildProgram(() => {});
  const commands = completables(program, '');
  if (args[0] === 'zsh') process.stdout.write(zsh(commands));
  else if (args[0] === 'fish') process.stdout.write(fish(commands));
  else process.stdout.write(bash(commands));
  return 0;
}

function completables(command: Command, path: string): Completable[] {
  const below = command.commands.filter((child) => child.name() !== 'help');
  const options = command.options.map((option) => option.long).filter((name) => name !== undefined && name !== null);
  const choices = command.registeredArguments.flatMap((argument) =>
    /^[\w, ]+ (or|and) \w+$/.test(argument.description) ? argument.description.split(/, | or /) : [],
  );
  const own = {
    path,
    words: [...below.map((child) => child.name()), ...choices, ...options, '--help'],
    description: command.description(),
  };
  return [
    own,
    ...below.flatMap((child) => completables(child, path === '' ? child.name() : `${path} ${child.name()}`)),
  ];
}

function bash(commands: readonly Completable[]): string {
  const cases = commands.map(({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`);
  return `# branchline completion for bash: source <(branchline completion bash)
_branchline() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path="" word words=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) break ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
    *) words="--help" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _branchline branchline
`;
}

function zsh(commands: readonly Completable[]): string {
  return `# branchline completion for zsh: source <(branchline completion zsh)
autoload -U +X bashcompinit && bashcompinit
${bash(commands).split('\n').slice(1).join('\n')}`;
}

function fish(commands: readonly Completable[]): string {
  const lines = commands.flatMap(({ path, words }) => {
    const seen = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c branchline -n '${seen}' -l ${word.slice(2)}`
        : `complete -c branchline -f -n '${seen}' -a ${word}`,
    );
  });
  return `# branchline completion for fish: branchline completion fish | source\n${lines.join('\n')}\n`;
}
