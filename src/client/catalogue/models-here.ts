import type { Download } from "../../protocol/download-api.ts";
import { keptBytes } from "../local-files/local-models.ts";
import type { KeptModel } from "../local-files/file-records.ts";
import type { OfferedModel } from "../models/offered-model.ts";
import type { CachedModel } from "../models/cached-models.ts";
import { plainName } from "../models/plain-name.ts";
import { nameAt } from "./model-by-address.ts";

/** A model that needs no download. */
export interface ModelHere {
  url: string;
  name: string;
  /**
   * Where it comes from: the page or its server, a file of the person's, a copy of one, a download, or Cache Storage, where
   * the engine keeps what was opened by its address.
   */
  from: "page" | "server" | "file" | "copy" | "download" | "cache";
  /** Bytes that it takes in this browser; undefined where it takes none, or they are not known. */
  bytes: number | undefined;
}

interface Sources {
  /** The page's own model first, and then the one that its server offers. */
  standing: readonly OfferedModel[];
  kept: readonly KeptModel[];
  downloads: readonly Download[];
  /** What is in Cache Storage besides the downloads and the models of the page. */
  cached: readonly CachedModel[];
}

/** The models that are on this device, each once. */
export function modelsHere({ standing, kept, downloads, cached }: Sources): ModelHere[] {
  const all: ModelHere[] = [
    ...standing.map(({ url, name, bytes }, n): ModelHere => {
      return { url, name, from: n === 0 ? "page" : "server", bytes };
    }),
    ...kept.map((model): ModelHere => {
      const isCopy = model.parts.some(({ copy }) => copy !== undefined);
      return {
        url: model.address,
        name: plainName(model.parts[0]?.name ?? ""),
        from: isCopy ? "copy" : "file",
        bytes: isCopy ? keptBytes(model) : undefined,
      };
    }),
    ...downloads
      .filter(({ state }) => state === "done")
      .map(({ url, name, totalBytes }): ModelHere => {
        return { url, name: plainName(name), from: "download", bytes: totalBytes };
      }),
    ...cached
      .filter(({ isWhole }) => isWhole)
      .map(({ url, bytes }): ModelHere => ({ url, name: nameAt(url), from: "cache", bytes })),
  ];
  return all.filter(({ url }, n) => all.findIndex((other) => other.url === url) === n);
}
