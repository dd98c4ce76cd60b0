// Columns of numbers are looked through where they stand in a leaf: parsing them makes more than all else that is read of
// it, and hardly anybody asks for them.

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const NULL = [0x6e, 0x75, 0x6c, 0x6c];
/** So that each is exact as a number. */
const DIGITS_MAX = 15;
/** What `Date` tells at most. */
export const SECONDS_MAX = 8.64e12;

/** Goes through bytes; what it takes must stand where it is. */
class Scanner {
  at: number;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, from: number) {
    this.bytes = bytes;
    this.at = from;
  }

  take(sign: number): boolean {
    if (this.bytes[this.at] !== sign) return false;
    this.at++;
    return true;
  }

  /** A whole number without sign, as JSON writes it; -1 = none. */
  number(): number {
    const first = this.at;
    let value = 0;
    for (;;) {
      const digit = this.bytes[this.at]! - ZERO;
      if (!(digit >= 0 && digit <= 9)) break;
      value = value * 10 + digit;
      this.at++;
    }
    const digits = this.at - first;
    if (digits === 0 || digits > DIGITS_MAX) return -1;
    return digits > 1 && this.bytes[first] === ZERO ? -1 : value;
  }

  /** Seconds since 1970, with parts of a second perhaps; none that a calendar could not tell. */
  seconds(): boolean {
    const whole = this.number();
    if (whole < 0 || whole >= SECONDS_MAX) return false;
    if (!this.take(POINT)) return true;
    const first = this.at;
    while (this.bytes[this.at]! >= ZERO && this.bytes[this.at]! <= NINE) this.at++;
    return this.at > first;
  }

  null(): boolean {
    return NULL.every((sign) => this.take(sign));
  }

  pair(): boolean {
    return this.take(OPEN) && this.number() >= 0 && this.take(COMMA) && this.number() >= 0 && this.take(CLOSE);
  }

  numberOrNull(): boolean {
    return this.bytes[this.at] === NULL[0] ? this.null() : this.number() >= 0;
  }
}

/** True when a list of so many seconds since 1970 stands between two places: `[1796030585,1796030591.25]`. */
export function isSeconds(bytes: Uint8Array, [from, to]: readonly [number, number], count: number): boolean {
  const scanner = new Scanner(bytes, from);
  if (!scanner.take(OPEN)) return false;
  let places = 0;
  do {
    if (!scanner.seconds()) return false;
    places++;
  } while (scanner.take(COMMA));
  return scanner.take(CLOSE) && scanner.at === to && places === count;
}

/**
 * True when a column of so many places stands there, equal neighbours counted: of `pair`s of whole numbers
 * (`[1,[7,1],2,[8,1]]`), or of whole numbers and `null` (`[1,7,2,null]`).
 */
export function isCounted(
  bytes: Uint8Array,
  [from, to]: readonly [number, number],
  of: 'pair' | 'numberOrNull',
  count: number,
): boolean {
  const scanner = new Scanner(bytes, from);
  if (!scanner.take(OPEN)) return false;
  let places = 0;
  do {
    const times = scanner.number();
    if (times < 1 || !scanner.take(COMMA)) return false;
    if (!(of === 'pair' ? scanner.pair() : scanner.numberOrNull())) return false;
    places += times;
  } while (scanner.take(COMMA));
  return scanner.take(CLOSE) && scanner.at === to && places === count;
}
