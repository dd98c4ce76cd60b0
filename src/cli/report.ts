import type { GlobalOptions } from './main.ts';

export async function run(_options: GlobalOptions): Promise<number> {
  return 0;
}
