/** What was made for a key before, or is made now: once, also for those who ask while it is being made. */
export function remembered<Key, Value>(
  known: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const found = known.get(key) ?? make();
  known.set(key, found);
  // What failed once, of a lost device say, is told to whoever waits for it.
  found.catch(() => undefined);
  return found;
}
