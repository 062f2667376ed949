import { isLocalModel, localModelOf } from "../../../protocol/local-model.ts";
import { invalid } from "../../../shared/json-reader.ts";
import { decoded, displayName } from "../model-name.ts";

/** Whether an address is that of a GGUF file: a local one, or one whose path says so. */
export function isGgufAddress(url: string): boolean {
  if (isLocalModel(url)) return true;
  return URL.canParse(url) && new URL(url).pathname.toLowerCase().endsWith(".gguf");
}

/** The page about a file in a Hugging Face repository: `/user/model/blob/main/file.gguf`. */
const HUB_PAGE = /^(\/[^/]+\/[^/]+\/)blob\//;

/**
 * The one spelling of a file's address. The page of a file at Hugging Face stands for the file, and any part of a split
 * for the first one.
 *
 * @throws EngineError `model-invalid` for what is no address of a file
 */
export function ggufAddress(url: string): string {
  if (isLocalModel(url)) {
    if (localModelOf(url)) return url;
    throw invalid(url, "is no address of a local file");
  }
  const { protocol, origin, hostname, pathname } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") throw invalid(url, "is not an HTTP URL");
  const path = hostname === "huggingface.co" ? pathname.replace(HUB_PAGE, "$1resolve/") : pathname;
  const split = splitName(origin + path);
  return split ? partName(split, 1) : origin + path;
}

/** The name of one part of a split: `stem-00001-of-00003.gguf`. */
interface SplitName {
  stem: string;
  /** From 1 on. */
  part: number;
  count: number;
}

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

/** What a model is called after its file, where the file itself does not say. */
export function nameOfFile(address: string): string {
  const path = localModelOf(address)?.name ?? decoded(new URL(address).pathname);
  const file = path.slice(path.lastIndexOf("/") + 1);
  return displayName(splitName(file)?.stem ?? file.replace(/\.gguf$/i, ""));
}
