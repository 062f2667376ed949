/**
 * Puts a value in the place of a JSON document that the numbers lead to, from list to object to field. `undefined`
 * takes away what is there.
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
