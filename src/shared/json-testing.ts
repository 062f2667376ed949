/**
 * Puts a value in the place of a JSON document that the numbers of `path` lead to, from one list or object to the next.
 * `undefined` removes the field that is there.
 */
export function changed(json: unknown, path: readonly number[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof json !== "object" || json === null) return value;
  const keys = Object.keys(json);
  const key = keys[step % (keys.length + 1)] ?? "new";
  const copy = (Array.isArray(json) ? [...(json as unknown[])] : { ...json }) as Record<
    string,
    unknown
  >;
  if (value === undefined && rest.length === 0) Reflect.deleteProperty(copy, key);
  else copy[key] = changed(copy[key], rest, value);
  return copy;
}
