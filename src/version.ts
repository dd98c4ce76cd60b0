/** The version that reports, plans and `--version` name; a test compares it with package.json. */
export const version = '1.0.0';
