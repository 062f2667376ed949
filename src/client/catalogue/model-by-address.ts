import { isFetchable } from "../models/model-hosts.ts";
import { lastPartOf } from "../models/model-address.ts";
import { plainName } from "../models/plain-name.ts";

/** What somebody has typed as a model's address. */
export type TypedAddress =
  | { is: "model"; url: string; name: string }
  | { is: "nothing" }
  /** It is no address, or one that no model can be at. */
  | { is: "no-address" }
  /** The page may fetch nothing from there. */
  | { is: "other-host"; host: string };

/** In letters, more than an address has. */
const MAX_LENGTH = 2048;

const HUB = "https://huggingface.co";

/** `user/model`, as Hugging Face names its repositories. */
const REPOSITORY = /^[\w-][\w.-]*\/[\w-][\w.-]*$/;

/** The page of a repository or of a file at Hugging Face. */
const HUB_PAGE = /^\/([^/]+\/[^/]+)(?:\/?$|\/(?:tree|resolve|blob)\/([^/]+)\/?(.*)$)/;

/**
 * The model at an address as people copy it: `user/model`, the page of a repository or a file at Hugging Face, or the
 * address of a directory or a GGUF file on the page's own host. It becomes the one spelling that downloads have.
 *
 * @param ownOrigin the page's own
 */
export function modelByAddress(typed: string, ownOrigin: string): TypedAddress {
  const text = typed.trim();
  if (text === "") return { is: "nothing" };
  if (text.length > MAX_LENGTH) return { is: "no-address" };
  const spelled = REPOSITORY.test(text) ? `${HUB}/${text}` : withScheme(text);
  if (!URL.canParse(spelled)) return { is: "no-address" };
  const { protocol, origin, host, pathname } = new URL(spelled);
  if (protocol !== "https:" && protocol !== "http:") return { is: "no-address" };
  if (!isFetchable(spelled, ownOrigin)) return { is: "other-host", host };
  const path = origin === HUB ? hubPath(pathname) : ownPath(pathname);
  if (path === undefined) return { is: "no-address" };
  return { is: "model", url: origin + path, name: nameOf(origin, path) };
}

/** What the model at an address in that one spelling is called, as far as its address tells. */
export function nameAt(url: string): string {
  const { origin, pathname } = new URL(url);
  return nameOf(origin, pathname);
}

/** An address bar leaves the scheme out. */
const withScheme = (text: string): string =>
  /^[\w-]+(\.[\w-]+)+(:\d+)?(\/|$)/.test(text) ? `https://${text}` : text;

const isGguf = (path: string): boolean => /\.gguf$/i.test(path);

function hubPath(pathname: string): string | undefined {
  const [, repository, revision = "main", file = ""] = HUB_PAGE.exec(pathname) ?? [];
  if (repository === undefined || (file !== "" && !isGguf(file))) return undefined;
  return `/${repository}/resolve/${revision}/${file}`;
}

const ownPath = (pathname: string): string =>
  isGguf(pathname) || pathname.endsWith("/") ? pathname : `${pathname}/`;

/** The repository or the file, without what says nothing to a person. */
function nameOf(origin: string, path: string): string {
  const repository = path.split("/")[2];
  const isRepository = origin === HUB && !isGguf(path) && repository !== undefined;
  const last = isRepository ? repository : lastPartOf(origin + path);
  return plainName(last.replace(/\.gguf$/i, "").replace(/-MLC$/, ""));
}
