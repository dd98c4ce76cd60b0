/** A text of any length. */
export declare const TEXT = "\"[^\"\\\\\\x00-\\x1f]*(?:\\\\(?:[\"\\\\/bfnrt]|u[0-9a-fA-F]{4})[^\"\\\\\\x00-\\x1f]*)*\"";
export declare const NUMBER = "-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?";
/** Whole numbers that are certainly safe ones: from 0, and of any sign. */
export declare const COUNT = "(?:0|[1-9]\\d{0,14})";
export declare const INTEGER = "(?:0|-?[1-9]\\d{0,14})";
