/**
 * A function that calls `make` the first time it is called and gives the same promise ever after. What takes long
 * is so begun when it is first needed. A rejection reaches every caller, and is never reported as unhandled.
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
 * What `known` holds for `key`; at first nothing, and then what `make` gives. Callers that ask while it is being
 * made get the same promise. A rejection reaches every caller, and is never reported as unhandled.
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
