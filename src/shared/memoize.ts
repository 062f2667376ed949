/**
 * The same promise for every call, made at the first one: what takes long is begun when it is first needed.
 * A rejection reaches whoever calls, and nobody else.
 */
export function memoize<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined;
  return () => {
    if (!made) {
      made = make();
      made.catch(() => undefined);
    }
    return made;
  };
}
