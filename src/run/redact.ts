import { byText } from '../base/order.ts';
import { escapeBoundary, type TextView, viewsOf } from './redact-views.ts';

/** An environment variable (or a password inside of one) whose value must not be written anywhere. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

export interface StreamRedactor {
  /** The part of the output that is certain; the rest is held back until it is. */
  push(chunk: string): string;
  /** What was held back. Nothing may be pushed afterwards. */
  end(): string;
}

export interface Redactor {
  /** False when there is nothing to mask: `text` returns its argument. */
  readonly masks: boolean;
  /** The text with `***` in place of each secret. */
  readonly text: (text: string) => string;
  /** A redactor for text that comes in chunks: what it gives, joined, equals `text` of the chunks joined. */
  readonly stream: () => StreamRedactor;
}

/** Shorter values are never masked: they would hide half of every log (vocabulary.md, `secrets`). */
const MASKED_LENGTH_MIN = 4;
const MASK = '***';

/**
 * Masks the values of secrets wherever they stand: as they are, line by line when they have several, in base64 (any
 * alignment, URL-safe, wrapped), percent-encoded, or escaped in JSON. Deterministic; independent of the order of secrets.
 */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  const patterns = patternsOf(secrets);
  if (patterns.all.length === 0) {
    return { masks: false, text: (text) => text, stream: () => ({ push: (chunk) => chunk, end: () => '' }) };
  }
  const stream = (): StreamRedactor => createStream(patterns);
  return { masks: true, text: (text) => createStream(patterns).finish(text), stream };
}

// ── Patterns ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Patterns {
  readonly all: readonly string[];
  readonly byFirst: ReadonlyMap<string, readonly string[]>;
  readonly lengthMax: number;
}

function patternsOf(secrets: readonly Secret[]): Patterns {
  const found = new Set<string>();
  for (const { value } of secrets) {
    for (const form of formsOf(value)) {
      if (form.length < MASKED_LENGTH_MIN) continue;
      for (const written of [form, latin1OfUtf8(form)]) found.add(written).add(written.replaceAll(' ', '+'));
      found.add(percentEncoded(form)).add(percentEncoded(form).replaceAll('%20', '+'));
      found.add(asciiJson(form));
      for (const encoded of base64Forms(form)) found.add(encoded);
    }
  }
  const all = [...found].filter((pattern) => pattern.length >= MASKED_LENGTH_MIN).sort(byText);
  const byFirst = new Map<string, string[]>();
  for (const pattern of all) {
    const list = byFirst.get(pattern[0]!);
    if (list) list.push(pattern);
    else byFirst.set(pattern[0]!, [pattern]);
  }
  return { all, byFirst, lengthMax: all.reduce((most, pattern) => Math.max(most, pattern.length), 0) };
}

/** The value, without white space at its ends, its lines, and each of them escaped as in JSON. */
function formsOf(value: string): Set<string> {
  const plain = [value, value.trim(), value.replaceAll('\r\n', '\n')];
  if (/[\r\n]/.test(value)) plain.push(...value.split(/\r\n|[\r\n]/).map((line) => line.trim()));
  // A value that is short once its white space is gone is not masked either.
  const masked = plain.filter((form) => form.trim().length >= MASKED_LENGTH_MIN);
  return new Set([...masked, ...masked.map((form) => JSON.stringify(form).slice(1, -1))]);
}

function percentEncoded(value: string): string {
  // By bytes: encodeURIComponent throws on lone surrogates, which TextEncoder replaces as every writer of UTF-8 does.
  return encodeURIComponent(new TextDecoder().decode(new TextEncoder().encode(value)));
}

/** As programs write JSON that keep to ASCII. */
function asciiJson(value: string): string {
  return JSON.stringify(value)
    .slice(1, -1)
    .replace(/[\u0080-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Each byte of the UTF-8 form as one character: what percent-decoding byte by byte gives. */
function latin1OfUtf8(value: string): string {
  let text = '';
  for (const byte of new TextEncoder().encode(value)) text += String.fromCharCode(byte);
  return text;
}

/**
 * The characters of base64 that a value alone decides, for each of the three places where it may start inside of a
 * longer encoded text, in the standard and the URL-safe alphabet.
 */
function base64Forms(value: string): string[] {
  const bytes = latin1OfUtf8(value);
  const forms: string[] = [];
  for (let before = 0; before < 3; before++) {
    const encoded = btoa('\0'.repeat(before) + bytes);
    const from = Math.ceil((before * 8) / 6);
    const to = Math.floor(((before + bytes.length) * 8) / 6);
    // In the middle of something encoded, and at its end: there the last character, too, is the value's alone.
    const own = [encoded.slice(from, to), encoded.slice(from).replace(/=+$/, ''), encoded.slice(from)];
    for (const form of own) forms.push(form, form.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

// ── Matching ─────────────────────────────────────────────────────────────────────────────────────────────────────

interface Range {
  readonly start: number;
  readonly end: number;
}

/** How far back the look of a wrapped base64 line is judged. */
const CONTEXT_LENGTH = 64;

function createStream(patterns: Patterns): StreamRedactor & { finish(text: string): string } {
  let held = '';
  /** Characters at the start of `held` that a mask already written stands for. */
  let covered = 0;
  /** What came just before `held`. */
  let context = '';

  function take(chunk: string, last: boolean): string {
    held += chunk;
    const views = viewsOf(held, context);
    const cut = last ? held.length : safeCut(views, held.length, patterns);
    let out = '';
    let at = covered;
    for (const range of matches(views, patterns)) {
      if (range.start >= cut) break;
      if (range.start >= at) out += `${held.slice(at, range.start)}${MASK}`;
      at = Math.max(at, range.end);
    }
    if (at < cut) out += held.slice(at, cut);
    covered = Math.max(at, cut) - cut;
    context = (context + held.slice(Math.max(0, cut - CONTEXT_LENGTH), cut)).slice(-CONTEXT_LENGTH);
    held = held.slice(cut);
    return out;
  }
  return { push: (chunk) => take(chunk, false), end: () => take('', true), finish: (text) => take(text, true) };
}

/** Where secrets stand, in the coordinates of the raw text, in order; ranges that overlap are joined. */
function matches(views: readonly TextView[], patterns: Patterns): Range[] {
  const found: Range[] = [];
  for (const view of views) {
    for (const pattern of patterns.all) {
      for (let i = view.text.indexOf(pattern); i !== -1; i = view.text.indexOf(pattern, i + 1)) {
        found.push({ start: view.start(i), end: view.end(i + pattern.length - 1) });
      }
    }
  }
  found.sort((a, b) => a.start - b.start || b.end - a.end);
  const joined: Range[] = [];
  for (const range of found) {
    const before = joined.at(-1);
    if (before && range.start < before.end) {
      if (range.end > before.end) joined[joined.length - 1] = { start: before.start, end: range.end };
    } else joined.push(range);
  }
  return joined;
}

/** The first place from which the text could still turn into a secret, moved out of the middle of any escape. */
function safeCut(views: readonly TextView[], length: number, patterns: Patterns): number {
  let cut = length;
  for (const view of views) cut = Math.min(cut, holdFrom(view, length, patterns));
  for (let moved = true; moved; ) {
    moved = false;
    for (const view of views) {
      const boundary = escapeBoundary(view, cut);
      if (boundary < cut) {
        cut = boundary;
        moved = true;
      }
    }
  }
  return cut;
}

function holdFrom(view: TextView, length: number, patterns: Patterns): number {
  const text = view.text;
  for (let i = Math.max(0, text.length - patterns.lengthMax + 1); i < text.length; i++) {
    const candidates = patterns.byFirst.get(text[i]!);
    if (!candidates) continue;
    const rest = text.slice(i);
    if (candidates.some((pattern) => pattern.length > rest.length && pattern.startsWith(rest))) return view.start(i);
  }
  return view.incompleteFrom ?? length;
}
