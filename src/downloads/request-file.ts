import { EngineError } from "../shared/engine-error.ts";
import { stop } from "./read-body.ts";
import { TransientError } from "./retry.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Says that there is nothing now and there may be in a moment. */
const TRANSIENT_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);

const HUB = "huggingface.co";

const isHub = (url: string): boolean => new URL(url).hostname === HUB;

/** Hugging Face and where it keeps large files. */
function isOfHub(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const isOurs = hostname === HUB || /\.(?:huggingface\.co|hf\.co)$/.test(hostname);
  return protocol === "https:" && isOurs;
}

/**
 * One request for a file. Only Hugging Face may send it on, and only to its own hosts: from any other server a model
 * is its own files.
 *
 * Throws `EngineError`; what another try may help is a `TransientError`.
 */
export async function requestFile(
  fetch: Fetch,
  url: string,
  { signal, cache }: { signal: AbortSignal; cache: RequestCache },
): Promise<Response> {
  const redirect = isHub(url) ? "follow" : "manual";
  const response = await fetch(url, { signal, cache, redirect }).catch((cause: unknown) => {
    if (signal.aborted) throw new EngineError({ code: "cancelled" }, { cause });
    throw new TransientError({ code: "model-unreachable", url }, null, { cause });
  });
  if (response.ok && !isSentElsewhere(response)) return response;
  await stop(response);
  throw refusal(response, url);
}

function isSentElsewhere({ redirected, url }: Response): boolean {
  return redirected && !isOfHub(url);
}

/** A browser does not tell the status of a redirection that it was told not to follow. */
const isRedirection = ({ type, status }: Response): boolean =>
  type === "opaqueredirect" || (status >= 300 && status < 400);

function refusal(response: Response, url: string): EngineError {
  if (isRedirection(response) || isSentElsewhere(response))
    return new EngineError({ code: "model-redirected", url });
  const failure = { code: "model-http-error", url, status: response.status } as const;
  if (!TRANSIENT_STATUSES.has(response.status)) return new EngineError(failure);
  return new TransientError(failure, response.headers.get("retry-after"));
}
