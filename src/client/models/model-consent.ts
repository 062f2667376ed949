import { isLocalModel } from "../../protocol/local-model.ts";
import { isFetchable } from "./model-hosts.ts";

/** This many bytes of a model are downloaded without asking about its size. */
export const UNASKED_BYTES = 20e6;

interface Wanted {
  /** Address of the model's directory or file. */
  url: string;
  /** Addresses of the models that are part of the page. */
  embedded: readonly [string, ...string[]];
  /** Address of the model that the page's server offers. */
  served?: string | undefined;
  /** Bytes whose download was agreed to for this address, now or at an earlier visit; undefined if nothing was. */
  agreedBytes: number | undefined;
}

export type Consent =
  | { is: "not-needed" }
  /** The page's policy lets it fetch nothing from there, whatever is agreed to. */
  | { is: "blocked" }
  | { is: "missing" }
  /** The model may be loaded if it takes a download of at most this many bytes. */
  | { is: "given"; maxDownloadBytes: number };

/**
 * Whether a model that a link may have named can be loaded.
 *
 * MC1 A model that is part of the page needs no consent, nor does the one that its server offers, nor a file of the
 *     person's own. Any other address does, on the page's own host too: nobody knows who can put files there.
 * MC2 Where nothing was agreed to, the host has to be asked about. Until the answer nothing is fetched.
 * MC3 An agreement holds for the bytes that were agreed to, and at least for those that need no question. The engine
 *     reads the index first, and refuses where there is more, before any weights are downloaded.
 * MC4 Nothing is asked about a host that the page's policy lets it fetch nothing from: a yes would change nothing.
 */
export function consentFor({ url, embedded, served, agreedBytes }: Wanted): Consent {
  if (embedded.includes(url) || url === served || isLocalModel(url)) return { is: "not-needed" };
  if (!isFetchable(url, new URL(embedded[0]).origin)) return { is: "blocked" };
  if (agreedBytes === undefined) return { is: "missing" };
  return { is: "given", maxDownloadBytes: Math.max(agreedBytes, UNASKED_BYTES) };
}
