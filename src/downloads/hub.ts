/** @file Hugging Face: its addresses, and what its API says of a repository. */

import { EngineError } from "../shared/engine-error.ts";
import { invalid, JsonReader } from "../shared/json-reader.ts";
import { parseJson } from "../shared/parse-json.ts";

const HUB = "https://huggingface.co";

/** A place in a repository. */
interface HubPlace {
  /** `owner/name`. */
  repository: string;
  /** A branch, a tag or a commit. */
  revision: string;
  /** Behind the revision; empty for the repository's own folder. */
  path: string;
}

const PLACE = /^\/([\w.-]+\/[\w.-]+)\/resolve\/([\w.%-]+)\/(.*)$/;

/** Where a URL leads in a repository; undefined for one that leads elsewhere. */
export function hubPlace(url: string): HubPlace | undefined {
  const { origin, pathname } = new URL(url);
  const [, repository, revision, path] = (origin === HUB && PLACE.exec(pathname)) || [];
  return repository === undefined || revision === undefined || path === undefined
    ? undefined
    : { repository, revision, path };
}

/**
 * The same file as it is in one commit. What is asked for there never changes.
 *
 * @param revision undefined where the server names none: then the URL stays
 */
export function pinnedTo(revision: string | undefined, url: string): string {
  const place = revision === undefined ? undefined : hubPlace(url);
  if (!place) return url;
  return `${HUB}/${place.repository}/resolve/${revision ?? ""}/${place.path}`;
}

/** Where the API tells of a repository, with the sizes and checksums of its files. */
export const hubApiUrl = ({ repository, revision }: HubPlace): string =>
  `${HUB}/api/models/${repository}/revision/${revision}?blobs=true`;

/** The longest answer of the API that is read. A repository of a thousand files has 300 kB. */
export const MAX_HUB_ANSWER_BYTES = 2 ** 23;

/** Files of a repository. The largest published ones with weights have some thousands. */
const MAX_FILES = 50_000;

/** What the API says of a file. */
export interface HubFile {
  /** Bytes; undefined where it does not say. */
  bytes: number | undefined;
  /** In hex; undefined for a small file, which is in Git itself. */
  sha256: string | undefined;
}

export interface HubRepository {
  /** The commit. */
  revision: string;
  /** By their paths. */
  files: ReadonlyMap<string, HubFile>;
}

/**
 * Reads an answer of the API.
 *
 * @throws EngineError `model-invalid`
 */
export function parseHubRepository(text: string, url: string): HubRepository {
  const reader = JsonReader.of(parseJson(text, url), url);
  const revision = reader.string("sha");
  if (!/^[0-9a-f]{40,64}$/.test(revision)) throw reader.problem("sha", "is not a commit");
  const files = new Map<string, HubFile>();
  for (const file of reader.objects("siblings", { most: MAX_FILES })) {
    files.set(file.string("rfilename"), hubFile(file));
  }
  return { revision, files };
}

function hubFile(file: JsonReader): HubFile {
  const lfs = file.has("lfs") ? file.object("lfs") : undefined;
  const sha256 = lfs?.string("sha256").toLowerCase();
  if (lfs && !/^[0-9a-f]{64}$/.test(sha256 ?? ""))
    throw lfs.problem("sha256", "is not a SHA-256 in hex");
  return { bytes: file.has("size") ? file.integer("size") : undefined, sha256 };
}

/**
 * What the API says of the file at a URL of the repository.
 *
 * @throws EngineError for a file that the repository does not have
 */
export function fileAt({ files }: HubRepository, url: string): HubFile {
  const path = hubPlace(url)?.path;
  if (path === undefined) throw invalid(url, "is no file of a repository");
  const found = files.get(decoded(path));
  if (!found) throw new EngineError({ code: "model-http-error", url, status: 404 });
  return found;
}

/** A path as the repository has it. What cannot be decoded is no path of a file. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
