/**
 * @file How many weights a model has, as far as that can be told before anything of it is read.
 */

interface Known {
  /** Name of the file or of the repository, such as "Qwen3-0.6B-q4f16_1-MLC". */
  name: string;
  /** Bytes that its files take; undefined if they are not known. */
  bytes: number | undefined;
}

/** Bits that a weight takes where the name does not say: most files have 4, and scales besides. */
const USUAL_BITS = 5;

/** No file has more or fewer bits for each weight. A name that would mean so is not believed. */
const FEWEST_BITS = 1;
const MOST_BITS = 40;

/** How many weights a model has, roughly; undefined where neither its name nor its size is known to tell. */
export function parametersOf({ name, bytes }: Known): number | undefined {
  const named = parametersInName(name);
  if (bytes === undefined) return named;
  const bits = named && (bytes * 8) / named;
  if (named && bits && bits >= FEWEST_BITS && bits <= MOST_BITS) return named;
  return (bytes * 8) / bitsInName(name);
}

/** "135M" and "0.6B" are said in nearly every name. Mixtures of experts ("8x7B") use only some of what they have. */
function parametersInName(name: string): number | undefined {
  const [, number = "", unit = ""] =
    /(?:^|[^a-z0-9.])(\d{1,3}(?:\.\d{1,2})?)([mb])(?![a-z0-9])/i.exec(name) ?? [];
  const parameters = Number(number) * (unit.toLowerCase() === "m" ? 1e6 : 1e9);
  return parameters > 0 ? parameters : undefined;
}

/** Bits that one weight takes, with its share of the scales, by what the name says of the format. */
function bitsInName(name: string): number {
  const [, digit, float] =
    /(?:^|[^a-z0-9])(?:i?q(\d)(?:f(?:16|32))?|b?f(16|32))(?![0-9])/i.exec(name) ?? [];
  if (digit === "0" || float !== undefined) return /f32/i.test(name) ? 32 : 16;
  if (digit === undefined) return USUAL_BITS;
  return digit === "8" ? 8.5 : Number(digit) + 0.75;
}
