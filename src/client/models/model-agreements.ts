interface Agreement {
  url: string;
  bytes: number;
}

const KEY = "rekindle.agreed-models";

/** As many models as a browser has room for, and more; the oldest agreement gives way. */
const MAX_AGREEMENTS = 50;

/** More than so many agreements can take: whoever wrote it, it was not this page. */
const MAX_LENGTH = 200_000;

/**
 * How many bytes were agreed to be downloaded from a model's address; undefined if nothing was, or the browser keeps
 * nothing.
 *
 * In `localStorage`, because the page has to know before it may start anything, and it starts no worker for it.
 */
export function agreedBytes(url: string): number | undefined {
  return readAgreements().find((agreement) => agreement.url === url)?.bytes;
}

/** Remember it for later visits. Where the browser keeps nothing, it is asked again. */
export function rememberAgreement(url: string, bytes: number): void {
  const others = readAgreements().filter((agreement) => agreement.url !== url);
  const agreements = [{ url, bytes }, ...others].slice(0, MAX_AGREEMENTS);
  try {
    localStorage.setItem(KEY, JSON.stringify(agreements));
  } catch {
    // Storage is blocked or full. This visit knows the answer all the same.
  }
}

/** Whatever is found that this page would not write counts as no agreement. */
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
