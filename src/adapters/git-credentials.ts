import type { GitConfig } from './git-process.ts';

/** The token as a header; the empty one before it clears headers that others configured, or the server would get two. */
export function tokenConfig(url: string, token: string | undefined): GitConfig {
  if (token === undefined || !/^https?:\/\//i.test(url)) return [];
  const { protocol, host } = new URL(url);
  const key = `http.${protocol}//${host}/.extraheader`;
  return [
    [key, ''],
    [key, `Authorization: Basic ${basicAuthorization(token)}`],
  ];
}

/** What follows `Basic` for GitHub's tokens. */
export function basicAuthorization(token: string): string {
  return Buffer.from(`x-access-token:${token}`).toString('base64');
}
