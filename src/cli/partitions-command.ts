import { Command } from 'commander';
import type { Define } from './command.ts';
import { atOption, environmentOption, nowOption } from './command-options.ts';

/** `branchline partitions …`. */
export function partitionsCommand(define: Define): Command {
  const partitions = new Command('partitions')
    .description('partitions of assets: which there are, what became of them; keys of dynamic sets')
    .exitOverride();
  partitions.addCommand(
    define(
      new Command('list')
        .description('list the definitions, or the keys of one')
        .argument('[what]', 'an asset, a shared definition or a dynamic set')
        .addOption(atOption())
        .addOption(environmentOption()),
      'branchline partitions list days',
      () => import('./partitions-list.ts'),
    ),
  );
  partitions.addCommand(
    define(
      new Command('status')
        .description('count partitions that are in progress, failed, made and missing, with their ranges')
        .argument('[what]', 'an asset, a shared definition or a dynamic set; default: every asset with partitions')
        .addOption(atOption())
        .addOption(nowOption())
        .addOption(environmentOption()),
      'branchline partitions status marts/daily',
      () => import('./partitions-status.ts'),
    ),
  );
  partitions.addCommand(
    define(
      new Command('add')
        .description('add keys to a dynamic set; those that are there are left alone')
        .argument('<set>', 'the name in `dynamic: <name>`')
        .argument('<keys...>', 'keys, in the order in which they come')
        .option('--yes', 'do not ask before writing production')
        .addOption(environmentOption()),
      'branchline partitions add customers acme zeta',
      () => import('./partitions-add.ts'),
    ),
  );
  partitions.addCommand(
    define(
      new Command('remove')
        .description('take keys out of a dynamic set; what was made of them stays recorded')
        .argument('<set>', 'the name in `dynamic: <name>`')
        .argument('<keys...>', 'keys to take out')
        .option('--yes', 'do not ask')
        .addOption(environmentOption()),
      'branchline partitions remove customers acme --yes',
      () => import('./partitions-remove.ts'),
    ),
  );
  return partitions;
}
