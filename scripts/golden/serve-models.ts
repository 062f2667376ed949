import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join, sep } from "node:path";
import type { FoundModel } from "./find-models.ts";

/** Files about the tokenizer that all folders of one model share: they may also lie one level up. */
const SHARED_FILES = ["tokens.json", "chat.json"];

/** Models on a port of this machine, each in a folder of its own. */
export interface ModelServer {
  /** The URL of a model's folder, with a final slash. */
  urlOf(index: number): string;
  close(): void;
}

/** Serves the folders of models to a page, which cannot read them otherwise, and to Node alike. */
export async function serveModels(models: readonly FoundModel[]): Promise<ModelServer> {
  const server = createServer((request, response) => {
    void answer(models, request.url ?? "", response);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (index) => `http://127.0.0.1:${port}/${index}/`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function answer(
  models: readonly FoundModel[],
  url: string,
  response: ServerResponse,
): Promise<void> {
  response.setHeader("access-control-allow-origin", "*");
  for (const path of pathsOf(models, url)) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) continue;
    response.setHeader("content-length", found.size);
    createReadStream(path)
      .on("error", () => response.destroy())
      .pipe(response);
    return;
  }
  response.writeHead(404).end();
}

/** The places where the file of a URL may lie. */
function pathsOf(models: readonly FoundModel[], url: string): string[] {
  const [, index = "", name = ""] = /^\/(\d+)\/([^?]+)/.exec(url) ?? [];
  const folder = models[Number(index)]?.folder;
  if (folder === undefined) return [];
  const path = pathIn(folder, name);
  if (path === undefined) return [];
  return SHARED_FILES.includes(name) ? [path, join(dirname(folder), name)] : [path];
}

/** The path of a file whose name comes from a URL; undefined for what is no name or leads out of the folder. */
function pathIn(folder: string, encoded: string): string | undefined {
  try {
    const path = join(folder, decodeURIComponent(encoded));
    return path.startsWith(folder + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}
