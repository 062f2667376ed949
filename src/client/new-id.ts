const ID_BYTES = 16;

/**
 * A random id of 128 bits in hex, which no other id will ever equal.
 *
 * `crypto.randomUUID` is missing where the page came over plain http. Such a page has to run far enough to say so.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
