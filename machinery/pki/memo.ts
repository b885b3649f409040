/**
 * The same function, remembering its latest results by its one text argument. Loops look at the same few certificates
 * and keys at every reconcile, and reading one costs about a millisecond. Failures are not remembered.
 */
export function remembering<T>(limit: number, read: (text: string) => T): (text: string) => T {
  const results = new Map<string, T>();
  return (text) => {
    const known = results.get(text);
    if (known !== undefined) return known;
    const result = read(text);
    const [oldest] = results.keys();
    if (results.size >= limit && oldest !== undefined) results.delete(oldest);
    results.set(text, result);
    return result;
  };
}
