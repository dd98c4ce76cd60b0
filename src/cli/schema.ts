import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import manifestSchema from '../../schemas/manifest.schema.json' with { type: 'json' };
import projectSchema from '../../schemas/project.schema.json' with { type: 'json' };
import scenarioSchema from '../../schemas/scenario.schema.json' with { type: 'json' };
import { openHost } from '../compose/open-project.ts';
import { tryWriting } from '../compose/writing.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';

const SCHEMAS = { project: projectSchema, manifest: manifestSchema, scenario: scenarioSchema } as const;

/** The schemas as text, by file name: what an editor reads. */
export function schemaFiles(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SCHEMAS).map(([name, schema]) => [`${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`]),
  );
}

/** Writes the schemas into a folder, which is made. */
export function writeSchemas(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of schemaFiles()) writeFileSync(join(folder, name), text);
}

/** `branchline schema`. */
export async function run(
  options: GlobalOptions & { readonly write?: string },
  args: readonly string[],
): Promise<number> {
  const { write } = options;
  if (write !== undefined) {
    const folder = resolve(write);
    const refused = tryWriting(write, () => writeSchemas(folder));
    if (refused !== undefined) return printFailure(openHost().host, refused, options.json);
    const files = [...schemaFiles().keys()].map((name) => join(write, name));
    if (options.json) printJson({ version: 1, files });
    else for (const file of files) process.stdout.write(`${file}\n`);
    return 0;
  }
  process.stdout.write(schemaFiles().get(`${args[0] ?? 'project'}.schema.json`) ?? '');
  return 0;
}
