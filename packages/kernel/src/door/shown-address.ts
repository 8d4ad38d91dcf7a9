/** An address as it may be shown and kept: credentials and queries may be secret (a presigned URL carries both). */
export function shownAddress(address: string): string {
  const url = URL.parse(address);
  return url ? `${url.protocol}//${url.host}${url.pathname}`.slice(0, 200) : 'that was given';
}
