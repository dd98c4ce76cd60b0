// Sources of regular expressions for what JSON is built from.

/** A text of any length. */
export const TEXT = '"[^"\\\\\\x00-\\x1f]*(?:\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\\\\x00-\\x1f]*)*"';
export const NUMBER = '-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?';
/** Whole numbers that are certainly safe ones: from 0, and of any sign. */
export const COUNT = '(?:0|[1-9]\\d{0,14})';
export const INTEGER = '(?:0|-?[1-9]\\d{0,14})';
