import { createInterface } from 'node:readline/promises';
import type { Host } from '../ports.ts';

/** Asks on a terminal; elsewhere only `--yes` says yes. */
export async function isConfirmed(host: Host, question: string, yes: boolean | undefined): Promise<boolean> {
  if (yes) return true;
  if (!host.interactive || !process.stdin.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await lines.question(`${question} [y/N] `);
  lines.close();
  return /^y(es)?$/i.test(answer.trim());
}
