import { compareDiagnostics, type Diagnostic } from '../model/diagnostic.ts';
import type { ManifestDocument, Pointer, ScenarioDocument } from './document.ts';
import { type Finding, isObject } from './finding.ts';
import { fits } from './fits.ts';
import type { WrittenManifest, WrittenProject, WrittenScenario } from './generated/written.ts';
import { LineIndex } from './line-index.ts';
import { locator } from './locator.ts';
import type { ManifestKind, SchemaKind } from './schema.ts';
import { walkSchema } from './schema-walk.ts';
import type { YamlProblem } from './syntax.ts';
import { readYaml } from './yaml-text.ts';

export interface Parsed {
  /**
   * What could be read. With diagnostics it is the file without what they are about (`broken` names those places, save
   * what was only warned of), so that the rest can be judged in the same go; absent when the text is no YAML.
   */
  readonly document?: ManifestDocument;
  /** In order of their places. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads one manifest: every mistake of the file at once, each with its place. Never throws. */
export function parseManifest(source: { readonly path: string; readonly text: string }, kind: ManifestKind): Parsed {
  const { value, broken, locate, diagnostics } = parseFile(source, kind);
  if (value === undefined) return { diagnostics };
  const { path } = source;
  const document: ManifestDocument =
    kind === 'project'
      ? { kind, path, value: value as WrittenProject, broken, locate }
      : { kind, path, value: value as WrittenManifest, broken, locate };
  return { document, diagnostics };
}

/** The same for a scenario of `branchline simulate`. */
export function parseScenario(source: { readonly path: string; readonly text: string }): {
  readonly document?: ScenarioDocument;
  readonly diagnostics: readonly Diagnostic[];
} {
  const { value, broken, locate, diagnostics } = parseFile(source, 'scenario');
  if (value === undefined) return { diagnostics };
  return { document: { path: source.path, value: value as WrittenScenario, broken, locate }, diagnostics };
}

interface ParsedFile extends Pick<ManifestDocument, 'broken' | 'locate'> {
  /** Undefined = there is nothing that could be judged further. */
  readonly value?: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

function parseFile(source: { readonly path: string; readonly text: string }, kind: SchemaKind): ParsedFile {
  const yaml = readYaml(source.text);
  const lines = new LineIndex(source.path, source.text);
  const locate = locator(lines, yaml.tree);
  // An empty file is one that declares nothing.
  const value = yaml.value === null ? {} : yaml.value;
  if (yaml.problems.length === 0 && fits(kind, value)) return { value, broken: [], locate, diagnostics: [] };

  const syntax = yaml.problems.map((problem) => fromYaml(problem, lines));
  if (value === undefined) return { broken: [], locate, diagnostics: syntax.sort(compareDiagnostics) };
  const findings = walkSchema(kind, value);
  const diagnostics = [...syntax, ...findings.map((finding) => fromFinding(finding, locate))].sort(compareDiagnostics);
  const rest = withoutBroken(kind, value, findings);
  if (!fits(kind, rest.value)) return { broken: rest.broken, locate, diagnostics };
  return { value: rest.value, broken: rest.broken, locate, diagnostics };
}

// What is taken away may have been needed by what is around it (a job without its selection); deeper than this no
// definition nests.
const passMax = 8;

/** The part of the value that fits the schema, and every place that had to go. */
function withoutBroken(
  kind: SchemaKind,
  value: unknown,
  first: readonly Finding[],
): { value: unknown; broken: Pointer[] } {
  const broken: Pointer[] = [];
  let rest = value;
  let findings = first;
  for (let pass = 0; pass < passMax && findings.length > 0; pass++) {
    const places = findings.map((finding) => finding.remove);
    const wrong = findings.filter(({ severity }) => severity !== 'warning').map((finding) => finding.remove);
    // The name is the only key that a file must have; its place is kept so that the rest can be judged.
    const isNameless = kind === 'project' && places.some((place) => place.length === 0 || place[0] === 'name');
    broken.push(...wrong.map((place) => (place.length === 0 ? ['name'] : place)));
    rest = without(rest, isNameless ? places.filter((place) => place.length > 0) : places);
    if (isNameless && isObject(rest)) rest = { ...rest, name: 'unnamed' };
    findings = walkSchema(kind, rest);
  }
  return { value: rest, broken };
}

function fromYaml(problem: YamlProblem, lines: LineIndex): Diagnostic {
  const { code, message, help, start, end, related } = problem;
  return {
    code,
    severity: 'error',
    message,
    ...(help ? { help } : {}),
    span: lines.span(start, end),
    ...(related ? { related: [{ span: lines.span(related.range.start, related.range.end), note: related.note }] } : {}),
  };
}

function fromFinding(finding: Finding, locate: ManifestDocument['locate']): Diagnostic {
  const { code, severity = 'error', message, pointer, at, related, moveBeside, moveElse } = finding;
  const move = moveBeside && `${finding.help}; ${moveText(finding, moveBeside, locate)}`;
  const help = move === undefined ? finding.help : moveElse === undefined ? move : `${move}. ${moveElse}`;
  return {
    code,
    severity,
    message,
    ...(help ? { help } : {}),
    span: locate(pointer, at),
    ...(related ? { related: [{ span: locate(related.pointer, 'key'), note: related.note }] } : {}),
  };
}

/** How far a key has to go to stand beside another one. */
function moveText({ pointer }: Finding, beside: Pointer, locate: ManifestDocument['locate']): string {
  // The section that is indented too deep has the key that was found below it.
  const moved = pointer.slice(0, beside.length + 1);
  const [from, to] = [locate(moved, 'key'), locate(beside, 'key')];
  const far = from.column - to.column;
  if (from.line === to.line || far <= 0) return `write it beside \`${beside.at(-1)}\``;
  return `move it ${far === 1 ? '1 space' : `${far} spaces`} to the left`;
}

/** A copy without these places; a list closes its gaps. */
function without(value: unknown, places: readonly Pointer[]): unknown {
  if (places.some((place) => place.length === 0)) return undefined;
  if (!isObject(value) && !Array.isArray(value)) return value;
  const below = new Map<string, Pointer[]>();
  for (const [first, ...rest] of places) {
    const name = String(first);
    const list = below.get(name);
    if (list) list.push(rest);
    else below.set(name, [rest]);
  }
  const kept = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    const inside = below.get(name);
    if (!inside) return [[name, member]];
    const rest = inside.some((place) => place.length === 0) ? undefined : without(member, inside);
    return rest === undefined ? [] : [[name, rest]];
  });
  return Array.isArray(value) ? kept.map(([, member]) => member) : Object.fromEntries(kept);
}
