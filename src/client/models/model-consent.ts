import { isFetchable } from "./model-hosts.ts";

/** So much of a model is downloaded without its size being asked about, in bytes. */
export const UNASKED_BYTES = 20e6;

interface Wanted {
  /** Address of the model's directory. */
  url: string;
  /** Addresses of the models that are part of the page. */
  embedded: readonly [string, ...string[]];
  /** Bytes whose download was agreed to for this address, now or at an earlier visit; undefined if nothing was. */
  agreedBytes: number | undefined;
}

export type Consent =
  | { is: "not-needed" }
  /** Whatever is agreed to: nothing can be fetched from there. */
  | { is: "blocked" }
  | { is: "missing" }
  /** As far as so many bytes go that are to be downloaded. */
  | { is: "given"; maxDownloadBytes: number };

/**
 * Whether a model that a link may have named can be loaded.
 *
 * MC1 A model that is part of the page needs no consent. Any other directory does, on the page's own host too:
 *     nobody knows who can put files there.
 * MC2 Where nothing was agreed to, the host has to be asked about. Until the answer nothing is fetched.
 * MC3 Where something was, it holds for the bytes that were agreed to, and never for fewer than need no question.
 *     The engine reads the index first and refuses, before any weights come, where there is more.
 * MC4 About a host that the page's policy does not let it fetch from nothing is asked: a yes would change nothing.
 */
export function consentFor({ url, embedded, agreedBytes }: Wanted): Consent {
  if (embedded.includes(url)) return { is: "not-needed" };
  if (!isFetchable(url, new URL(embedded[0]).origin)) return { is: "blocked" };
  if (agreedBytes === undefined) return { is: "missing" };
  return { is: "given", maxDownloadBytes: Math.max(agreedBytes, UNASKED_BYTES) };
}
