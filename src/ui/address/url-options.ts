import { isDeviceChoice } from "../../client/models/device-setting.ts";
import type { DeviceChoice, SamplingOptions } from "../../protocol/engine-api.ts";
import type { MeasuringOptions } from "./measuring-options.ts";
import { isBetween, numberOption } from "./number-option.ts";

/** The options that the page's address asks for. */
export interface UrlOptions extends MeasuringOptions {
  /** The model that is asked for, in the form that `modelUrl` gives its address; undefined if none is. */
  model: string | undefined;
  sampling: SamplingOptions;
  /** What models are to run on in this visit, until another device is chosen. */
  device?: DeviceChoice;
}

/** At a higher temperature nearly all tokens are equally likely, and the text is noise. */
const MAX_TEMPERATURE = 2;

/** The number of tokens in the longest context. No answer is longer. */
const MAX_TOKENS = 4096;

/** The length of the longest address that servers commonly take. The address is shown, stored and compared. */
const MAX_MODEL_URL = 2048;

/**
 * Reads `?model=`, `?device=`, `?temperature=`, `?seed=` and `?maxTokens=` from the page's address.
 *
 * A relative address of a model is relative to the page. A value that makes no sense counts as absent.
 */
export function parseUrlOptions(pageUrl: string): UrlOptions {
  const query = new URL(pageUrl).searchParams;
  const device = query.get("device");
  const temperature = numberOption(query, "temperature", isBetween(0, MAX_TEMPERATURE));
  const seed = numberOption(query, "seed", Number.isSafeInteger);
  const maxTokens = numberOption(query, "maxTokens", isTokenCount);
  return {
    model: modelUrl(query.get("model") ?? "", pageUrl),
    ...(isDeviceChoice(device) && { device }),
    sampling: {
      ...(temperature !== undefined && { temperature }),
      ...(seed !== undefined && { seed }),
      ...(maxTokens !== undefined && { maxTokens }),
    },
  };
}

/**
 * The address of a GGUF file, or of a directory with a final slash, without the parts that do not distinguish them:
 * name and password, query and fragment. Undefined where `asked` is no address, or none that files could be fetched
 * from.
 */
function modelUrl(asked: string, pageUrl: string): string | undefined {
  if (asked === "" || !URL.canParse(asked, pageUrl)) return undefined;
  const { protocol, origin, pathname } = new URL(asked, pageUrl);
  const url = `${origin}${pathname}${/(\/|\.gguf)$/i.test(pathname) ? "" : "/"}`;
  return /^https?:$/.test(protocol) && url.length <= MAX_MODEL_URL ? url : undefined;
}

const isTokenCount = (value: number) => Number.isInteger(value) && isBetween(1, MAX_TOKENS)(value);
