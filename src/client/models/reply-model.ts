import type { EngineStatus } from "../../protocol/engine-api.ts";
import type { ReplyModel } from "../../protocol/store-api.ts";
import { plainName } from "./plain-name.ts";

/** A commit in the address of a repository's files. A branch, such as `main`, names no revision for good. */
const COMMIT = /\/resolve\/([0-9a-f]{40})\/(?:[^/]+)?$/;

/** What the page knows of models. */
interface KnownModels {
  /** What the model at an address is called; undefined where only the model itself says so. */
  nameOf: (url: string) => string | undefined;
  /** The commit that a download is of; undefined where the server named none. */
  revisionOf: (url: string) => string | undefined;
}

/** The model that is ready, as it is stored with each reply that it writes. */
export function replyModelOf(
  status: EngineStatus,
  { nameOf, revisionOf }: KnownModels,
): ReplyModel | undefined {
  if (status.phase !== "ready") return undefined;
  const { url, name, quantization, weightBytes } = status.model;
  const revision = COMMIT.exec(url)?.[1] ?? revisionOf(url);
  const called = nameOf(url) ?? plainName(name);
  return {
    url,
    name: called,
    quantization,
    weightBytes,
    ...(revision !== undefined && { revision }),
  };
}
