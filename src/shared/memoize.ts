/**
 * A function that calls `make` at its first call, and then always gives the same promise. In this way, work that
 * takes long begins when its result is first needed. A rejection reaches every caller, and is never reported as
 * unhandled.
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

/**
 * The promise that `known` holds for `key`. If it holds none, `make` gives it. So callers that ask while the value is
 * still being made get the same promise. A rejection reaches every caller, and is never reported as unhandled.
 */
export function memoizeByKey<Key, Value>(
  known: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  found.catch(() => undefined);
  return found;
}
