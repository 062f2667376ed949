import { localModelOf } from "./local-model.ts";

/** Characters of the longest address: that of a local file whose name is long and in letters that are spelled out. */
const MAX_ADDRESS_LENGTH = 10_000;

/** Whether a text that anyone may have written is the address of a model, on a server or in a local file. */
export function isModelAddress(text: string): boolean {
  if (text.length > MAX_ADDRESS_LENGTH) return false;
  if (localModelOf(text)) return true;
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

/**
 * Whether two addresses are those of one model. A repository of a hub may be named with or without the revision `main`,
 * and a directory with or without a final slash.
 */
export const isSameModel = (one: string, other: string): boolean => keyOf(one) === keyOf(other);

const keyOf = (address: string): string =>
  address.replace(/\/$/, "").replace(/\/(?:resolve|tree)\/main$/, "");
