import { invalid } from "../shared/json-reader.ts";
import { partName, splitName } from "./split-names.ts";

/**
 * The path of a Hugging Face repository: `/user/model/` or, as the address bar shows it, `/user/model/tree/revision/`.
 */
const HUB_REPOSITORY = /^(\/[^/]+\/[^/]+\/)(?:tree\/([^/]+)\/)?$/;

/**
 * The URL of a model's directory, with a final slash. The address of a Hugging Face repository stands for its files at
 * `main`.
 *
 * Source: `cleanModelUrl` of WebLLM, which takes every host for a hub. Here other hosts are taken at their word.
 */
export function modelDirectory(url: string): string {
  if (!URL.canParse(url)) throw invalid(url, "is not an absolute URL");
  const { protocol, origin, hostname, pathname } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") throw invalid(url, "is not an HTTP URL");
  const path = pathname.endsWith("/") ? pathname : `${pathname}/`;
  const repository = hostname === "huggingface.co" ? HUB_REPOSITORY.exec(path) : null;
  if (repository === null) return origin + path;
  const [, root = path, revision = "main"] = repository;
  return `${origin}${root}resolve/${revision}/`;
}

/** The page about a file in a Hugging Face repository: `/user/model/blob/main/file.gguf`. */
const HUB_PAGE = /^(\/[^/]+\/[^/]+\/)blob\//;

/** Whether an address says that it is that of a GGUF file. */
export const isGgufUrl = (url: string): boolean =>
  URL.canParse(url) && new URL(url).pathname.toLowerCase().endsWith(".gguf");

/**
 * The one spelling of the URL of a GGUF file. The page of a file at Hugging Face stands for the file, and any part of a
 * split for the first one.
 *
 * @throws EngineError `model-invalid` for what is no URL of a file
 */
export function ggufFileUrl(url: string): string {
  if (!URL.canParse(url)) throw invalid(url, "is not an absolute URL");
  const { protocol, origin, hostname, pathname } = new URL(url);
  if (protocol !== "https:" && protocol !== "http:") throw invalid(url, "is not an HTTP URL");
  const path = hostname === "huggingface.co" ? pathname.replace(HUB_PAGE, "$1resolve/") : pathname;
  const split = splitName(origin + path);
  return split ? partName(split, 1) : origin + path;
}

/** Letters of a file's name. */
const MAX_NAME_LENGTH = 256;

/** One part of a path. It does not begin with a dot, and it holds nothing that means something in a URL. */
const PATH_SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/**
 * Whether a repository may give a file this name. Letters, digits, dots, dashes, underscores and slashes between them
 * are all that published names have. Nothing made of these leads out of the model's directory, however it is decoded.
 */
export const isModelFileName = (name: string): boolean =>
  name.length <= MAX_NAME_LENGTH && name.split("/").every((part) => PATH_SEGMENT.test(part));

/**
 * The URL of a file that a repository names. Every file of a model is fetched from such a URL.
 *
 * @param directory of the model, with a final slash
 * @returns undefined for a name that is no file of the model's directory
 */
export function modelFileUrl(directory: string, name: string): string | undefined {
  return isModelFileName(name) ? directory + name : undefined;
}
