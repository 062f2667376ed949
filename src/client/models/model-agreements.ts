import { isSameModel } from "../../protocol/model-address.ts";

interface Agreement {
  url: string;
  bytes: number;
}

const KEY = "rekindle.agreed-models";

/** More models than a browser has room for. Beyond this number the oldest agreement is forgotten. */
const MAX_AGREEMENTS = 50;

/** In characters, more than `MAX_AGREEMENTS` agreements take. This page did not write a longer text. */
const MAX_LENGTH = 200_000;

/**
 * How many bytes a person agreed to download from a model's address; undefined if they agreed to nothing, or the
 * browser keeps nothing.
 *
 * Agreements are in `localStorage`, because the page has to know them before it may start a worker.
 */
export function agreedBytes(url: string): number | undefined {
  return readAgreements().find((agreement) => isSameModel(agreement.url, url))?.bytes;
}

/** Remembers an agreement for later visits. Where the browser keeps nothing, the person is asked again. */
export function rememberAgreement(url: string, bytes: number): void {
  keep([{ url, bytes }, ...agreementsBut(url)].slice(0, MAX_AGREEMENTS));
}

/** Whoever deletes a model has not agreed to download it once more. */
export function takeBackAgreement(url: string): void {
  if (agreedBytes(url) !== undefined) keep(agreementsBut(url));
}

const agreementsBut = (url: string): Agreement[] =>
  readAgreements().filter((agreement) => !isSameModel(agreement.url, url));

function keep(agreements: readonly Agreement[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(agreements));
  } catch {
    // Storage is blocked or full. This visit knows the answer all the same.
  }
}

/** The agreements that are kept. Whatever this page would not have written is left out. */
function readAgreements(): Agreement[] {
  try {
    const text = localStorage.getItem(KEY) ?? "[]";
    const found: unknown = text.length <= MAX_LENGTH ? JSON.parse(text) : [];
    return Array.isArray(found) ? found.filter(isAgreement) : [];
  } catch {
    return [];
  }
}

function isAgreement(found: unknown): found is Agreement {
  if (typeof found !== "object" || found === null) return false;
  const { url, bytes } = found as Partial<Record<keyof Agreement, unknown>>;
  return typeof url === "string" && Number.isSafeInteger(bytes) && Number(bytes) >= 0;
}
