const ID_BYTES = 16;

/**
 * An id that no other will ever equal.
 *
 * `crypto.randomUUID` is missing where the page came over plain http, and that is for the page to say.
 */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
