import { isModelAddress } from "../../protocol/model-address.ts";

/** The model that a person chose last and that ran. */
export interface LastUsed {
  url: string;
  /** Whether it was the one that the page's server offered. */
  wasServed: boolean;
}

const KEY = "rekindle.last-model";

/** In characters, more than the longest address of a model takes. */
const MAX_LENGTH = 4096;

/** The model that was used last; undefined where none was chosen, or the browser keeps nothing. */
export function lastUsed(): LastUsed | undefined {
  try {
    const text = localStorage.getItem(KEY) ?? "null";
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : null;
    return isLastUsed(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Remembers a model for the next visit; undefined forgets it. */
export function rememberLastUsed(used: LastUsed | undefined): void {
  try {
    if (used) localStorage.setItem(KEY, JSON.stringify(used));
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is blocked or full. The next visit begins as if it were the first.
  }
}

function isLastUsed(found: unknown): found is LastUsed {
  if (typeof found !== "object" || found === null) return false;
  const { url, wasServed } = found as Partial<Record<keyof LastUsed, unknown>>;
  return typeof url === "string" && typeof wasServed === "boolean" && isModelAddress(url);
}
