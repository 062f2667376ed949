import { expect } from "vitest";

declare global {
  var knowsEqualNumbers: true | undefined;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Says of two typed arrays that they are equal if they are of one kind and have the same bytes. Of others it says
 * nothing, so that they are compared number by number. That takes seconds for a layer's rows.
 */
export function equalNumbers(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return undefined;
  const others = bytesOf(b);
  return bytesOf(a).every((byte, i) => byte === others[i]) ? true : undefined;
}

// Where test files share a process, each of them runs this module.
if (!globalThis.knowsEqualNumbers) expect.addEqualityTesters([equalNumbers]);
globalThis.knowsEqualNumbers = true;
