import { Command, Option } from 'commander';
import type { Define } from './command.ts';
import { atOption, environmentOption } from './command-options.ts';

/** `branchline outputs …`. */
export function outputsCommand(define: Define): Command {
  const outputs = new Command('outputs').description('published files: what there is, and fetch it').exitOverride();
  outputs.addCommand(
    define(
      new Command('list')
        .description('list published files, with size and whether storage still has them')
        .argument('[selection]', 'which assets (docs/selections.md)', '*')
        .addOption(partitionsOption())
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline outputs list "group:charts"',
      () => import('./outputs-list.ts'),
    ),
  );
  outputs.addCommand(
    define(
      new Command('get')
        .description('put published files into a folder, each at its own path')
        .argument('[selection]', 'which assets (docs/selections.md)', '*')
        .requiredOption('--to <dir>', 'the folder; made when needed')
        .option('--force', 'replace files that are there with other content')
        .addOption(partitionsOption())
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline outputs get "group:charts" --to public',
      () => import('./outputs-get.ts'),
    ),
  );
  return outputs;
}

function partitionsOption(): Option {
  return new Option(
    '--partitions <keys>',
    'which partitions of those assets: keys, ranges `<first>...<last>`, or `all` (default: all that are made)',
  );
}
