import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ManifestDocument } from '../manifest/document.ts';
import { buildProject, type Files, sourceTreeOf } from '../testing/project-builder.ts';
import { fingerprinter } from './fingerprint.ts';
import { buildGraph } from './graph.ts';
import { resolveProject } from './resolve.ts';

/** Assets in several files, as data: what each reads, its file, and a word that may be a mistake. */
interface Sketch {
  readonly deps: readonly number[];
  readonly file: number;
  readonly extra: 'none' | 'sql' | 'check' | 'unknown' | 'cycle' | 'taken' | 'twice';
}

const sketch: fc.Arbitrary<Sketch> = fc.record({
  deps: fc.array(fc.nat(11), { maxLength: 3 }),
  file: fc.nat(2),
  extra: fc.constantFrom('none', 'none', 'none', 'sql', 'check', 'unknown', 'cycle', 'taken', 'twice'),
});

function linesOf(sketches: readonly Sketch[]): { readonly file: string; readonly line: string }[] {
  return sketches.map(({ deps, file, extra }, i) => {
    const known = deps
      .filter((dep) => dep < i || extra === 'cycle')
      .map((dep) => `a${Math.min(dep, sketches.length - 1)}`);
    if (extra === 'unknown') known.push('nobody');
    const name = extra === 'twice' && i > 0 ? 'a0' : `a${i}`;
    const keys = [`deps: [${known.join(', ')}]`, `group: g${i % 2}`];
    if (extra === 'sql') keys.push('connection: w', 'sql: select 1');
    else keys.push('run: "true"', `outputs: [${extra === 'taken' ? 'same' : `f${i}`}.csv]`);
    if (extra === 'check') keys.push('checks: { b: { row_count: {}, error_if: "< 1" }, a: { not_null: [x] } }');
    return { file: `pipelines/${file}.yaml`, line: `  ${name}: { ${keys.join(', ')} }` };
  });
}

function filesOf(lines: readonly { readonly file: string; readonly line: string }[]): Files {
  const files: Record<string, string> = {
    'branchline.yaml':
      'name: x\nconnections: { w: { type: duckdb, path: w.duckdb } }\ndefaults: { tags: { z: 1, y: 2 } }\n',
  };
  for (const { file, line } of lines) files[file] = `${files[file] ?? 'assets:\n'}${line}\n`;
  return files;
}

/** All but places: they move with the lines. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value ?? null, (key, item) => (key === 'definedAt' || key === 'startsAt' ? undefined : item)),
  );
}

it('the project and its diagnostics depend on neither the order of files nor that of keys', () => {
  fc.assert(
    fc.property(
      fc.array(sketch, { minLength: 1, maxLength: 12 }),
      fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      (sketches, noise) => {
        // A key twice in one file is a mistake of YAML, which is judged before.
        const lines = linesOf(sketches).filter(
          ({ file, line }, i, all) =>
            all.findIndex((other) => other.file === file && other.line.split(':')[0] === line.split(':')[0]) === i,
        );
        const shuffled = lines
          .map((line, i) => ({ line, at: noise[i]! }))
          .sort((a, b) => a.at - b.at)
          .map(({ line }) => line);
        const files = filesOf(lines);
        const one = buildProject(files);
        const reversed = buildProject(files, Object.keys(files).reverse());
        expect(reversed.diagnostics).toEqual(one.diagnostics);
        expect(plain(reversed.project)).toEqual(plain(one.project));
        const other = buildProject(filesOf(shuffled));
        // Which of two equal lines in two files is "the second" goes by path, so codes and messages stay; places follow their lines.
        const words = ({ diagnostics }: typeof one): string[] =>
          diagnostics.map(({ code, message }) => `${code} ${message}`).sort();
        expect(words(other)).toEqual(words(one));
        expect(JSON.stringify(plain(other.project))).toBe(JSON.stringify(plain(one.project)));
        if (one.project === undefined || other.project === undefined) return;
        expect(buildGraph(other.project.assets).graph.order).toEqual(buildGraph(one.project.assets).graph.order);
        const [a, b] = [fingerprinter(one.project, one.tree), fingerprinter(other.project, other.tree)];
        for (const step of Object.keys(one.project.steps)) expect(b(step)).toEqual(a(step));
      },
    ),
    { numRuns: 150 },
  );
});

it('10,000 assets are resolved without looking up a line', () => {
  const locate = (): never => {
    throw new Error('a line was looked up');
  };
  const assets = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, i) => [
      `a${i}`,
      {
        run: 'python x.py',
        deps: i > 7 ? [`a${i - 7}`] : [],
        outputs: [`out/f${i}.csv`],
        checks: { c: { row_count: {}, error_if: '< 1' } },
      },
    ]),
  );
  const documents: ManifestDocument[] = [
    { kind: 'project', path: 'branchline.yaml', value: { name: 'x' }, broken: [], locate },
    { kind: 'manifest', path: 'pipelines/a.yaml', value: { assets }, broken: [], locate },
  ];
  const { project, diagnostics } = resolveProject(documents, sourceTreeOf({ 'x.py': '' }));
  expect(diagnostics).toEqual([]);
  expect(Object.keys(project!.assets)).toHaveLength(10_000);
  expect(() => project!.assets['a1']!.definedAt.line).toThrow('a line was looked up');
});
