import { EngineError } from "../shared/engine-error.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { stop } from "./read-body.ts";
import { TransientError } from "./retry.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Statuses of a server that cannot answer now but may be able to in a moment. */
const TRANSIENT_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);

const HUB = "huggingface.co";

const isHub = (url: string): boolean => new URL(url).hostname === HUB;

/** Whether a URL belongs to Hugging Face or to the hosts where it keeps large files. */
function isOfHub(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  const isOurs = hostname === HUB || /\.(?:huggingface\.co|hf\.co)$/.test(hostname);
  return protocol === "https:" && isOurs;
}

/** The status of an answer that holds a range of a file. */
const PARTIAL = 206;

interface FileRequest {
  signal: AbortSignal;
  cache: RequestCache;
  /** The bytes that are wanted. The whole file is, unless they are given, and then it is refused unread. */
  range?: IndexRange | undefined;
}

/**
 * Makes one request for a file. Only Hugging Face may redirect it, and only to its own hosts: on any other server, a
 * model consists of the files of its own directory.
 *
 * Throws `EngineError`. A failure that another try may not meet again is a `TransientError`.
 */
export async function requestFile(
  fetch: Fetch,
  url: string,
  { signal, cache, range }: FileRequest,
): Promise<Response> {
  const redirect = isHub(url) ? "follow" : "manual";
  const headers = range && { headers: { range: `bytes=${range.start}-${range.end - 1}` } };
  const init: RequestInit = { signal, cache, redirect, ...headers };
  const response = await fetch(url, init).catch((cause: unknown) => {
    if (signal.aborted) throw new EngineError({ code: "cancelled" }, { cause });
    // A folder on the disk says itself what it lacks.
    if (cause instanceof EngineError) throw cause;
    throw new TransientError({ code: "model-unreachable", url }, null, { cause });
  });
  const isWhole = range !== undefined && response.ok && response.status !== PARTIAL;
  if (response.ok && !isWhole && !isSentElsewhere(response)) return response;
  await stop(response);
  if (isWhole && !isSentElsewhere(response))
    throw new EngineError({ code: "model-whole-only", url });
  throw refusal(response, url);
}

function isSentElsewhere({ redirected, url }: Response): boolean {
  return redirected && !isOfHub(url);
}

/** Whether the response is a redirection. A browser hides the status of one that it was told not to follow. */
const isRedirection = ({ type, status }: Response): boolean =>
  type === "opaqueredirect" || (status >= 300 && status < 400);

function refusal(response: Response, url: string): EngineError {
  if (isRedirection(response) || isSentElsewhere(response))
    return new EngineError({ code: "model-redirected", url });
  const failure = { code: "model-http-error", url, status: response.status } as const;
  if (!TRANSIENT_STATUSES.has(response.status)) return new EngineError(failure);
  return new TransientError(failure, response.headers.get("retry-after"));
}
