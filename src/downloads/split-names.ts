/** The name of one part of a split: `stem-00001-of-00003.gguf`. */
interface SplitName {
  stem: string;
  /** From 1 on. */
  part: number;
  count: number;
}

/** Parts of a model that is split. The largest published ones have some dozen. */
const MAX_SPLIT_PARTS = 1024;

const SPLIT = /^(.+)-(\d{5})-of-(\d{5})\.gguf$/i;

/** Reads the name, or the URL, of a part; undefined for a file that is no part of a split. */
export function splitName(name: string): SplitName | undefined {
  const [, stem = "", part, count] = SPLIT.exec(name) ?? [];
  return part === undefined ? undefined : { stem, part: Number(part), count: Number(count) };
}

const fiveDigits = (number: number): string => String(number).padStart(5, "0");

/** The name of another part of the same split. */
export const partName = ({ stem, count }: SplitName, part: number): string =>
  `${stem}-${fiveDigits(part)}-of-${fiveDigits(count)}.gguf`;

/** The names of all parts, in order; the name itself for a file that is no part of a split. Undefined if there is no such part. */
export function partNames(name: string): string[] | undefined {
  const split = splitName(name);
  if (!split) return [name];
  const { part, count } = split;
  if (part < 1 || part > count || count > MAX_SPLIT_PARTS) return undefined;
  return Array.from({ length: count }, (_, index) => partName(split, index + 1));
}
