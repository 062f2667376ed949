import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
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
    void answer(models, request, response);
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
  { url = "", headers }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-allow-headers", "range");
  response.setHeader("access-control-expose-headers", "content-range, etag");
  for (const path of pathsOf(models, url)) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile()) continue;
    response.setHeader("etag", `"${found.size}-${found.mtimeMs}"`);
    send(path, { total: found.size, range: rangeOf(headers.range, found.size) }, response);
    return;
  }
  response.writeHead(404).end();
}

/** The first and the last byte that a request for a part asks for; undefined where it asks for the whole file. */
function rangeOf(header: string | undefined, total: number) {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? "") ?? [];
  return first === undefined
    ? undefined
    : { start: Number(first), end: Math.min(Number(last), total - 1) };
}

function send(
  path: string,
  { total, range }: { total: number; range: { start: number; end: number } | undefined },
  response: ServerResponse,
): void {
  if (range && range.start > range.end) {
    response.writeHead(416, { "content-range": `bytes */${total}` }).end();
    return;
  }
  if (range) response.statusCode = 206;
  if (range) response.setHeader("content-range", `bytes ${range.start}-${range.end}/${total}`);
  response.setHeader("content-length", range ? range.end - range.start + 1 : total);
  createReadStream(path, range)
    .on("error", () => response.destroy())
    .pipe(response);
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
