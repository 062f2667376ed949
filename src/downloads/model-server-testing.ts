import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DownloadCache, FileKey } from "./file-cache.ts";

/** Answers a request for one file in place of the file. */
export type Fault = (response: ServerResponse, bytes: Uint8Array) => void;

export interface ModelServer {
  /** URL of the directory, with a final slash. */
  url: string;
  /** Names of the files that were asked for, in order. */
  requests: string[];
  faults: Map<string, Fault>;
  /** Headers of every answer that holds a part of a file. */
  partHeaders: Map<string, string>;
  close(): Promise<void>;
}

/** Serves files on a port of this machine. */
export async function serveModel(files: Map<string, Uint8Array>): Promise<ModelServer> {
  const requests: string[] = [];
  const faults = new Map<string, Fault>();
  const partHeaders = new Map([["etag", '"1"']]);
  const server = createServer((request, response) => {
    const name = (request.url ?? "").replace("/pip/", "");
    requests.push(name);
    const bytes = files.get(name);
    const fault = faults.get(name);
    if (fault !== undefined) fault(response, bytes ?? new Uint8Array());
    else if (bytes !== undefined) send(response, bytes, request.headers.range, partHeaders);
    else response.writeHead(404).end("no such file");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/pip/`,
    requests,
    faults,
    partHeaders,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Sends a file, or the part of it that was asked for. */
function send(
  response: ServerResponse,
  bytes: Uint8Array,
  asked: string | undefined,
  headers: ReadonlyMap<string, string>,
): void {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(asked ?? "") ?? [];
  if (first === undefined) {
    response.end(bytes);
    return;
  }
  const [start, end] = [Number(first), Math.min(Number(last) + 1, bytes.length)];
  if (start >= end) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const range = `bytes ${start}-${end - 1}/${bytes.length}`;
  response
    .writeHead(206, { "content-range": range, ...Object.fromEntries(headers) })
    .end(bytes.subarray(start, end));
}

const keyText = ({ cache, url }: FileKey): string => `${cache} ${url}`;

/** A cache in memory whose contents a test can see and spoil. */
export class MemoryCache implements DownloadCache {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  /** Calls of `put` beyond this many bytes reject, as on a full disk. */
  quotaBytes = Infinity;

  match(key: FileKey): Promise<Response | undefined> {
    const bytes = this.files.get(keyText(key));
    return Promise.resolve(bytes && new Response(bytes));
  }

  async put(key: FileKey, pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    const used = [...this.files.values()].reduce((sum, file) => sum + file.length, 0);
    // A disk takes its time. What is not to change meanwhile is read after that.
    await new Promise((resolve) => setTimeout(resolve));
    const bytes = Uint8Array.from(Buffer.concat(pieces));
    if (used + bytes.length > this.quotaBytes)
      throw new DOMException("Quota exceeded.", "QuotaExceededError");
    this.files.set(keyText(key), bytes);
  }

  async putFile(key: FileKey, file: Blob): Promise<void> {
    await this.put(key, [new Uint8Array(await file.arrayBuffer())]);
  }

  deleteParts(url: string): Promise<void> {
    for (const key of this.files.keys())
      if (key.startsWith(keyText({ cache: "webllm/model", url: `${url}?` })))
        this.files.delete(key);
    return Promise.resolve();
  }

  delete(key: FileKey): Promise<void> {
    this.files.delete(keyText(key));
    return Promise.resolve();
  }

  /** Names of the files in the cache. */
  names(): string[] {
    return [...this.files.keys()].map((key) => key.slice(key.lastIndexOf("/") + 1)).sort();
  }

  /** Overwrites a file by name. */
  spoil(name: string, change: (bytes: Uint8Array) => Uint8Array<ArrayBuffer>): void {
    for (const [key, bytes] of this.files)
      if (key.endsWith(`/${name}`)) this.files.set(key, change(bytes));
  }
}
