import { expect } from 'vitest';
import { buildProject, type Files, showDiagnostic } from './project-builder.ts';

/** The file of a project with two databases. */
export const SHOP = `name: shop
connections:
  warehouse: { type: duckdb, path: data/warehouse.duckdb }
  pg: { type: postgres, url: "\${{ env.DATABASE_URL }}" }
`;

/** Manifests (the project's file is added) against lines of \`showDiagnostic\`. */
export function check(files: Files, expected: readonly string[]): void {
  const { diagnostics, project } = buildProject({ 'branchline.yaml': SHOP, ...files });
  expect(diagnostics.map(showDiagnostic)).toEqual(expected);
  expect(project !== undefined).toBe(diagnostics.every(({ severity }) => severity !== 'error'));
}

/** One manifest at pipelines/a.yaml, against what stands behind the file's name. */
export function checkOne(manifest: string, expected: readonly string[], others: Files = {}): void {
  const { diagnostics } = buildProject({ 'branchline.yaml': SHOP, 'pipelines/a.yaml': manifest, ...others });
  expect(diagnostics.map((one) => showDiagnostic(one).replace('pipelines/a.yaml:', ''))).toEqual(expected);
}

/** The head of a `branchline.yaml` with one database. */
export const HEAD = 'name: shop\nconnections:\n  db: { type: duckdb, path: data/w.duckdb }\n';

/** What `branchline.yaml` with this text behind its head finds, without the file's name. */
export function found(text: string): string[] {
  return buildProject({ 'branchline.yaml': HEAD + text }).diagnostics.map((each) =>
    showDiagnostic(each).replace('branchline.yaml:', ''),
  );
}

/** The same as one text. */
export const one = (text: string): string => found(text).join('\n');
