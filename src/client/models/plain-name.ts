/** Letters of the longest name that is shown. What is longer loses its middle, so that its ending stays. */
const MAX_LETTERS = 80;

/** Control characters, and those that turn the direction of writing around: a name must not hide its own ending. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** A name from outside, as it can be shown in one line of text. */
export function plainName(name: string): string {
  const plain = name.slice(0, 10_000).replace(/\s+/g, " ").replace(UNSEEN, "").trim();
  const letters = Array.from(plain);
  if (letters.length === 0) return "unnamed";
  if (letters.length <= MAX_LETTERS) return plain;
  const half = MAX_LETTERS / 2;
  return `${letters.slice(0, half).join("")}…${letters.slice(1 - half).join("")}`;
}
