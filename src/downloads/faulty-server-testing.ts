import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request for a file, or for a range of it. */
export interface Asked {
  name: string;
  /** The first byte that is asked for, and the one behind the last. */
  start: number;
  end: number;
  hasRange: boolean;
}

/** Answers a request in place of the file. @returns false where the file is to be sent after all */
export type Fault = (asked: Asked, response: ServerResponse, bytes: Uint8Array) => boolean;

/** A server of files whose answers a test spoils. */
export interface FaultyServer {
  /** URL of the directory, with a final slash. */
  url: string;
  /** Requests in order, but for those of a few bytes, which ask how long a file is. */
  asked: Asked[];
  files: Map<string, Uint8Array>;
  headers: Record<string, string>;
  fault: Fault;
  close(): Promise<void>;
}

export async function serveFaulty(files: Map<string, Uint8Array>): Promise<FaultyServer> {
  const server = createServer((request, response) => {
    const name = (request.url ?? "").replace("/m/", "");
    const bytes = served.files.get(name);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const hasRange = first !== undefined;
    const end = hasRange ? Math.min(Number(last) + 1, bytes.length) : bytes.length;
    const asked = { name, start: Number(first ?? 0), end, hasRange };
    if (asked.end - asked.start > 4) served.asked.push(asked);
    if (!served.fault(asked, response, bytes)) send(asked, response, bytes, served.headers);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const served: FaultyServer = {
    url: `http://127.0.0.1:${port}/m/`,
    asked: [],
    files,
    headers: { etag: '"1"' },
    fault: () => false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return served;
}

/** Begins the right answer to a request. */
export function begin(
  { start, end, hasRange }: Asked,
  response: ServerResponse,
  bytes: Uint8Array,
  headers: Record<string, string>,
): void {
  const length = { "content-length": String(end - start) };
  if (!hasRange) response.writeHead(200, { ...length, ...headers });
  else {
    const range = `bytes ${start}-${end - 1}/${bytes.length}`;
    response.writeHead(206, { "content-range": range, ...length, ...headers });
  }
}

function send(
  asked: Asked,
  response: ServerResponse,
  bytes: Uint8Array,
  headers: Record<string, string>,
): void {
  begin(asked, response, bytes, headers);
  response.end(bytes.subarray(asked.start, asked.end));
}

/** Begins an answer and breaks the connection behind so many bytes of it. */
export function cutAfter(
  nbytes: number,
  ...[asked, response, bytes, headers]: Parameters<typeof begin>
): void {
  begin(asked, response, bytes, headers);
  // The bytes leave before the connection breaks.
  response.write(bytes.subarray(asked.start, asked.start + nbytes), () => {
    setTimeout(() => response.destroy(), 20);
  });
}
