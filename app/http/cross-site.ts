/**
 * Whether a page of another site made a browser send this, with a credential that the browser may
 * keep for us. Programs, the platform among them, send neither header. Sources: Fetch Metadata
 * (w3.org/TR/fetch-metadata), RFC 6454 for `Origin`.
 */
export function isCrossSite(
  header: (name: string) => string | undefined,
  ownOrigin: string,
): boolean {
  const site = header("sec-fetch-site") ?? "none";
  const origin = header("origin") ?? ownOrigin;
  // `none`: a person typed the address. All else is another site's, or no word of a browser's.
  return (site !== "none" && site !== "same-origin") || origin !== ownOrigin;
}
