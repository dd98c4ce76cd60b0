/** Entry point of the command line. Kept tiny: what a command needs is loaded when it is called. */
import { keepCompiledCode } from './compose/compiled-code.ts';
import { runEntry } from './compose/entry.ts';
import { version } from './version.ts';

const first = process.argv[2];
if (first === '--version' || first === '-V') process.stdout.write(`${version}\n`);
else
  runEntry(async () => {
    keepCompiledCode(process.env, first);
    const { main } = await import('./cli/main.ts');
    await main(process.argv);
  });
