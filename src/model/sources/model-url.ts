import { invalid } from "../../shared/json-reader.ts";
import { MAX_NAME_LENGTH } from "./model-limits.ts";

/** `/user/model/` or, as the address bar shows it, `/user/model/tree/revision/`. */
const HUB_REPOSITORY = /^(\/[^/]+\/[^/]+\/)(?:tree\/([^/]+)\/)?$/;

/**
 * The URL of a model's directory, with a final slash. A Hugging Face repository means its files at `main`.
 *
 * Source: `cleanModelUrl` of WebLLM, which takes every host for a hub; here others mean what they say.
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

/** One part of a path: it does not begin with a dot and holds nothing that means something in a URL. */
const PATH_SEGMENT = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;

/**
 * Whether a repository may call a file so. Letters, digits, dots, dashes, underscores and slashes between them are
 * all that published names have; nothing made of these leads out of the model's directory, whoever decodes it.
 */
export const isModelFileName = (name: string): boolean =>
  name.length <= MAX_NAME_LENGTH && name.split("/").every((part) => PATH_SEGMENT.test(part));

/**
 * Where a file that a repository names is. Every file of a model is fetched from here.
 *
 * @param directory of the model, with a final slash
 * @returns undefined for a name that is no file of the model's directory
 */
export function modelFileUrl(directory: string, name: string): string | undefined {
  return isModelFileName(name) ? directory + name : undefined;
}
