import { embeddedModels } from "./embedded-models.ts";
import type { LastUsed } from "./last-used.ts";
import type { ServedModel } from "./served-model.ts";

interface Circumstances {
  /** The model that the page's address names. */
  asked: string | undefined;
  lastUsed: LastUsed | undefined;
  /** The model that the page's server offers. */
  served: ServedModel | undefined;
  /** The page's own address. */
  host: string;
}

/**
 * Which model the page begins with.
 *
 * DM1 The one that its address names. Whether that may be loaded is asked by the rules of `consentFor`, and until it is
 *     confirmed nothing is fetched.
 * DM2 The one that was used last, unless the server offered it then and offers it no more.
 * DM3 The one that the server offers, whether it runs on a graphics card or on the processor.
 * DM4 Pip, which is part of the page, where the server offers none.
 */
export function defaultModel({ asked, lastUsed, served, host }: Circumstances): string {
  if (asked !== undefined) return asked;
  if (lastUsed && (!lastUsed.wasServed || lastUsed.url === served?.url)) return lastUsed.url;
  return served?.url ?? embeddedModels(host)[0];
}
