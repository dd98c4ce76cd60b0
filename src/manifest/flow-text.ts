// Values as somebody would write them in one line of YAML, for `write …` in messages.

const plain = /^[A-Za-z_/.][A-Za-z0-9_/.@+-]*( [A-Za-z0-9_/.-]+)*$/;
const resolved = /^(true|false|null|~|yes|no|on|off)$/i;

export function flowText(value: unknown): string {
  if (typeof value === 'string') return plain.test(value) && !resolved.test(value) ? value : quoted(value);
  if (Array.isArray(value)) return `[${value.map(flowText).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([key, member]) => `${flowText(key)}: ${flowText(member)}`);
    return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
  }
  return String(value);
}

/** JSON's quoting is YAML's double quoting. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A value at most so long that a message stays a line. */
export function shortFlowText(value: unknown, lengthMax = 100): string | undefined {
  const text = flowText(value);
  return text.length > lengthMax || text.includes('\\n') ? undefined : text;
}
