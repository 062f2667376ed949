import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";
import type { ConversationUsage, StoredShare } from "../../protocol/store-api.ts";

/** Caches that take less room than this many times fewer bytes are as they are, for a person. */
const LEAST_RATIO = 1.05;
/** The families that store rows as they are, and that transform them: names that are stored with chunks. */
const PLAIN = "f16";
const TRANSFORMED = "transform";
/** A family that rounds each number to as few bits as one of these. */
const ROUNDED = "rows";
const ROUNDED_BITS = [8, 4, 3, 2];

/**
 * How a conversation's cache is stored, and how much less room that takes: "transformed and 8 bits, 11 times smaller".
 * Undefined where nothing is known of it.
 */
export function formWords({ shares }: Pick<ConversationUsage, "shares">): string | undefined {
  if (shares.length === 0) return undefined;
  const coded = shares.filter(isCoded);
  const smaller = smallerWords(shares);
  if (coded.length === 0 || !smaller) return t`as it is`;
  const kinds = kindsOf(coded);
  const isPartly = tokensOf(coded) < tokensOf(shares) / 2;
  return isPartly ? t`partly ${kinds}, ${smaller}` : t`${kinds}, ${smaller}`;
}

/** How much less room caches take than they would as they are: "1.9 times smaller". Undefined if they take as much. */
export function smallerWords(shares: readonly StoredShare[]): string | undefined {
  const ratio = ratioOf(shares);
  if (!(ratio >= LEAST_RATIO)) return undefined;
  const digits = ratio < 10 ? 1 : 0;
  const times = ratio.toLocaleString(i18n.locale, {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  return t`${times} times smaller`;
}

const isCoded = ({ family }: StoredShare): boolean => family !== undefined && family !== PLAIN;

const tokensOf = (shares: readonly StoredShare[]): number =>
  shares.reduce((sum, { tokens }) => sum + tokens, 0);

/** What the shares would take as they are, over what they take. Not a number for none. */
const ratioOf = (shares: readonly StoredShare[]): number =>
  shares.reduce((sum, { plainBytes }) => sum + plainBytes, 0) /
  shares.reduce((sum, { bytes }) => sum + bytes, 0);

/** Everything that the shares are stored in: "transformed and 8 bits", "4 and 8 bits". */
function kindsOf(shares: readonly StoredShare[]): string {
  const has = (family: string) => shares.some((share) => share.family === family);
  const bits = new Set(shares.filter(({ family }) => family === ROUNDED).map(bitsOf));
  const widths = [...bits].toSorted((one, other) => one - other).map(String);
  const known = [...(has(TRANSFORMED) ? [t`transformed`] : []), ...widths];
  if (known.length === 0) return t`in fewer bytes`;
  const words = new Intl.ListFormat(i18n.locale).format(known);
  return widths.length > 0 ? t`${words} bits` : words;
}

/** The bits that numbers were rounded to. Scales take room too, and more of it in a chunk of few tokens. */
function bitsOf({ bits }: StoredShare): number {
  return ROUNDED_BITS.find((width) => width <= bits) ?? bits;
}
