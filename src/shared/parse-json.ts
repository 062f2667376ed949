import { EngineError } from "./engine-error.ts";
import { invalid } from "./json-reader.ts";

/** Most levels of a JSON document. The deepest published one has nine. */
const MAX_JSON_DEPTH = 64;

/** Most objects and lists in a JSON document. Gemma 3's tokenizer has half a million pairs, each of which is a list. */
export const MAX_JSON_CONTAINERS = 2 ** 21;

const HTML_PAGE = "an HTML page came instead of JSON";

/**
 * Parses a body as JSON. Throws `model-invalid`, with a sentence of its own where a server answered with its page.
 *
 * Objects and lists take fifty times the bytes that they are written in, so that they are counted before they are made.
 */
export function parseJson(text: string, url: string): unknown {
  if (/^\s*</.test(text)) throw invalid(url, HTML_PAGE);
  refuseLargeStructure(text, url);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw invalid(url, error instanceof Error ? error.message : "not JSON");
  }
}

/**
 * Whether the failure says that there is no such file, on a server or in a folder. Servers of one-page apps answer with
 * the page instead of an error.
 */
export function isAbsent({ failure }: EngineError): boolean {
  return (
    failure.code === "model-file-gone" ||
    (failure.code === "model-http-error" && failure.status === 404) ||
    (failure.code === "model-invalid" && failure.detail === HTML_PAGE)
  );
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LIST = 0x5b;
const LIST_END = 0x5d;
const OBJECT = 0x7b;
const OBJECT_END = 0x7d;

function refuseLargeStructure(text: string, url: string): void {
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = stringEnd(text, at);
    else if (code === LIST_END || code === OBJECT_END) depth--;
    else if (code === LIST || code === OBJECT) {
      depth++;
      containers++;
    }
    if (depth > MAX_JSON_DEPTH) throw invalid(url, `more than ${MAX_JSON_DEPTH} levels deep`);
  }
  if (containers > MAX_JSON_CONTAINERS)
    throw invalid(url, `more than ${MAX_JSON_CONTAINERS} lists and objects`);
}

/** The position of the quote that ends the string which begins at `start`; the end of the text if there is none. */
function stringEnd(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at >= 0; at = text.indexOf('"', at + 1))
    if (!isEscaped(text, at)) return at;
  return text.length;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++;
  return backslashes % 2 === 1;
}
