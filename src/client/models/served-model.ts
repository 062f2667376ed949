import { plainName } from "./plain-name.ts";

/** The model that the page's server offers beside those that are part of the page. */
export interface ServedModel {
  url: string;
  name: string;
  bytes: number;
}

/** Where the server tells of it, relative to the page. */
const DESCRIPTION = "models/local.json";

const KEY = "rekindle.served-model";

/** In characters; far more than a name and an address take. */
const MAX_LENGTH = 10_000;

/** The longest address of a model that the page takes. */
const MAX_URL = 2048;

/** A server that does not answer by then has a page to show all the same. */
const LIMIT_MS = 3000;

/**
 * The model that the server offers now; what it offered last where it cannot be asked, as without a network.
 * Undefined where it offers none.
 */
export async function servedModel(
  pageUrl: string,
  { ask = askServer, isOnline = navigator.onLine }: ServedOptions = {},
): Promise<ServedModel | undefined> {
  const address = new URL(DESCRIPTION, pageUrl).href;
  // Without a network the request could only fail, and the browser would note that as an error.
  const text = isOnline ? await ask(address).catch(() => undefined) : undefined;
  if (text === undefined) return parseServed(recall(), address);
  const model = parseServed(text, address);
  remember(model);
  return model;
}

interface ServedOptions {
  /** The description's text; empty where there is none. It rejects where the server cannot be reached. */
  ask?: (address: string) => Promise<string>;
  isOnline?: boolean;
}

async function askServer(address: string): Promise<string> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(address, { cache: "no-cache", signal });
  return response.ok && response.body ? textOf(response.body) : "";
}

/** The beginning of a body: what is longer than a description is none. */
async function textOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    text += piece.value;
    if (text.length <= MAX_LENGTH) continue;
    await reader.cancel();
    return "";
  }
  return text;
}

/**
 * A model that is described by JSON. Its file has to lie on the same origin as its description: it is loaded without a
 * question.
 *
 * @param base what its address is relative to
 */
export function parseServed(text: string, base: string): ServedModel | undefined {
  const { url, name, bytes } = fieldsOf(text);
  if (typeof url !== "string" || typeof name !== "string" || typeof bytes !== "number")
    return undefined;
  if (!URL.canParse(url, base) || !Number.isSafeInteger(bytes) || bytes <= 0) return undefined;
  const { origin, pathname } = new URL(url, base);
  const address = origin + pathname;
  const isFile = origin === new URL(base).origin && /\.gguf$/i.test(pathname);
  return isFile && address.length <= MAX_URL
    ? { url: address, name: plainName(name), bytes }
    : undefined;
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : null;
    return typeof found === "object" && found !== null ? (found as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function remember(model: ServedModel | undefined): void {
  try {
    if (model) localStorage.setItem(KEY, JSON.stringify(model));
    else localStorage.removeItem(KEY);
  } catch {
    // Storage is blocked or full. Without a network the page then begins with its own model.
  }
}

function recall(): string {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
