/**
 * Gives the memory of a buffer back at once, where the browser can, in place of some time after the last reference is
 * gone. Whatever still looks at the buffer sees no byte.
 */
export function releaseBytes(buffer: ArrayBuffer): void {
  // TypeScript's library has the method, and browsers of 2023 do not.
  (buffer as { transfer?: (size: number) => unknown }).transfer?.(0);
}
