import { embeddedModels } from "../../client/models/embedded-models.ts";
import type { SamplingOptions } from "../../protocol/engine-api.ts";
import type { MeasuringOptions } from "./measuring-options.ts";
import { isBetween, numberOption } from "./number-option.ts";

/** What the page's address asks for. */
export interface UrlOptions extends MeasuringOptions {
  /** Address of a model's directory, as `directoryUrl` writes it. */
  model: string;
  sampling: SamplingOptions;
}

/** Above it nearly all tokens are alike, and what comes is noise. */
const MAX_TEMPERATURE = 2;

/** As many as the longest context has: no answer is longer. */
const MAX_TOKENS = 4096;

/** As long an address as servers commonly take; it is shown, stored and compared. */
const MAX_MODEL_URL = 2048;

/**
 * `?model=`, `?temperature=`, `?seed=` and `?maxTokens=`.
 *
 * A relative model address is relative to the page. A value that makes no sense is as if absent.
 */
export function parseUrlOptions(pageUrl: string): UrlOptions {
  const query = new URL(pageUrl).searchParams;
  const temperature = numberOption(query, "temperature", isBetween(0, MAX_TEMPERATURE));
  const seed = numberOption(query, "seed", Number.isSafeInteger);
  const maxTokens = numberOption(query, "maxTokens", isTokenCount);
  return {
    model: directoryUrl(query.get("model") ?? "", pageUrl) ?? embeddedModels(pageUrl)[0],
    sampling: {
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(maxTokens !== undefined && { maxTokens }),
    },
  };
}

/**
 * A directory's address, with a final slash and without what does not tell directories apart: name and password,
 * query and fragment. Undefined where it is none, or none that files could be fetched from.
 */
function directoryUrl(asked: string, pageUrl: string): string | undefined {
  if (asked === "" || !URL.canParse(asked, pageUrl)) return undefined;
  const { protocol, origin, pathname } = new URL(asked, pageUrl);
  const url = `${origin}${pathname}${pathname.endsWith("/") ? "" : "/"}`;
  return /^https?:$/.test(protocol) && url.length <= MAX_MODEL_URL ? url : undefined;
}

const isTokenCount = (value: number) => Number.isInteger(value) && isBetween(1, MAX_TOKENS)(value);
