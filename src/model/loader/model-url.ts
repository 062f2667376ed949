import { invalid } from "./json-reader.ts";

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
