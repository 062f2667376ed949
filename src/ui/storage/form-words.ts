import type { ConversationUsage, StoredShare } from "../../protocol/store-api.ts";

/** Caches that take less room than this many times fewer bytes are as they are, for a person. */
const LEAST_RATIO = 1.05;
/** The families that store rows as they are, and that transform them: names that are stored with chunks. */
const PLAIN = "f16";
const TRANSFORMED = "transform";
/** A family that rounds each number to fewer bits than the 16 that it has in the cache. */
const ROUNDED = "rows";
const PLAIN_BITS = 16;

/**
 * How a conversation's cache is stored, and how much less room that takes: "transformed, 11 times smaller". Undefined
 * where nothing is known of it.
 */
export function formWords({ shares }: Pick<ConversationUsage, "shares">): string | undefined {
  if (shares.length === 0) return undefined;
  const coded = shares.filter(isCoded);
  const main = coded.toSorted((one, other) => other.tokens - one.tokens)[0];
  const smaller = smallerWords(shares);
  if (!main || !smaller) return "as it is";
  const part = tokensOf(coded) < tokensOf(shares) / 2 ? "partly " : "";
  return `${part}${kindOf(main)}, ${smaller}`;
}

/** How much less room caches take than they would as they are: "1.9 times smaller". Undefined if they take as much. */
export function smallerWords(shares: readonly StoredShare[]): string | undefined {
  const ratio = ratioOf(shares);
  if (!(ratio >= LEAST_RATIO)) return undefined;
  return `${ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0)} times smaller`;
}

const isCoded = ({ family }: StoredShare): boolean => family !== undefined && family !== PLAIN;

const tokensOf = (shares: readonly StoredShare[]): number =>
  shares.reduce((sum, { tokens }) => sum + tokens, 0);

/** What the shares would take as they are, over what they take. Not a number for none. */
const ratioOf = (shares: readonly StoredShare[]): number =>
  shares.reduce((sum, { plainBytes }) => sum + plainBytes, 0) /
  shares.reduce((sum, { bytes }) => sum + bytes, 0);

function kindOf(share: StoredShare): string {
  if (share.family === TRANSFORMED) return "transformed";
  // Scales take room too, so that the bits of a number are the whole ones below.
  if (share.family === ROUNDED) return `${Math.floor(PLAIN_BITS / ratioOf([share]))} bits`;
  return "in fewer bytes";
}
