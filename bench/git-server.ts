// `node bench/git-server.ts <root> <instant>`: git over HTTP for the repositories of a folder, with a clock that stands
// still. Prints its address. A process of its own: who measures waits for the commands that it measures, and a server's
// work is none of theirs.

import { startGitHttpServer } from '../src/testing/git-http.ts';

const [root = '.', instant = ''] = process.argv.slice(2);
const server = await startGitHttpServer(root);
server.date = new Date(instant);
process.stdout.write(`${server.url}\n`);
// Whoever started it is gone.
process.stdin.on('end', () => process.exit()).resume();
