import { embeddedModels } from "./embedded-models.ts";
import type { LastUsed } from "./last-used.ts";
import type { ServedModel } from "./served-model.ts";

interface Circumstances {
  /** The model that the page's address names. */
  asked: string | undefined;
  lastUsed: LastUsed | undefined;
  /** The model that the page's server offers. */
  served: ServedModel | undefined;
  /** Whether there is no graphics card, so that a large model is slow. */
  software: boolean;
  /** The page's own address. */
  host: string;
}

/**
 * Which model the page begins with.
 *
 * DM1 The one that its address names. Whether that may be loaded is asked by the rules of `consentFor`, and until it is
 *     confirmed nothing is fetched.
 * DM2 The one that was used last, unless the server offered it then and offers it no more.
 * DM3 The one that the server offers, on a graphics card.
 * DM4 Pip, which is part of the page.
 */
export function defaultModel({ asked, lastUsed, served, software, host }: Circumstances): string {
  if (asked !== undefined) return asked;
  if (lastUsed && (!lastUsed.wasServed || lastUsed.url === served?.url)) return lastUsed.url;
  if (served && !software) return served.url;
  return embeddedModels(host)[0];
}
