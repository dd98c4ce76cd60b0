import { parse } from 'yaml';
import type { SetUpScript } from '../github/set-up.ts';

type Mapping = Readonly<Record<string, unknown>>;

/**
 * The scripts of an action of the repository itself (`uses: ./…`): a composite one of nothing but scripts for bash. Throws by
 * name for what the rig does not play.
 */
export function readCompositeAction(place: string, text: string): readonly SetUpScript[] {
  const file = mapping(place, parse(text), ['name', 'description', 'runs']);
  const runs = mapping(`${place}: runs`, file['runs'], ['using', 'steps']);
  if (runs['using'] !== 'composite')
    throw new Error(`the rig does not play \`using: ${String(runs['using'])}\` of ${place}`);
  return (runs['steps'] as readonly unknown[]).map((value, index) => {
    const at = `${place}: step ${index + 1}`;
    const step = mapping(at, value, ['name', 'run', 'shell', 'env']);
    if (step['shell'] !== 'bash') throw new Error(`the rig does not play the shell of ${at}`);
    if (typeof step['run'] !== 'string' || step['run'].includes('${{'))
      throw new Error(`the rig does not play the \`run\` of ${at}`);
    const env = Object.entries(mapping(at, step['env'] ?? {})).map(([name, each]) => [name, String(each)] as const);
    return { run: step['run'], env: Object.fromEntries(env) };
  });
}

function mapping(place: string, value: unknown, keys?: readonly string[]): Mapping {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`the rig does not play ${place} that is no mapping`);
  for (const key of Object.keys(value))
    if (keys && !keys.includes(key)) throw new Error(`the rig does not play \`${key}\` of ${place}`);
  return value as Mapping;
}
