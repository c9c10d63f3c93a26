/** A fact that several checks use: fetched at the first use, and kept, also if it fails. */
export function once<T>(find: () => Promise<T>): () => Promise<T> {
  let found: Promise<T> | undefined;
  return () => (found ??= find());
}
