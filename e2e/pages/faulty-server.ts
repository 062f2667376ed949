import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { preview, type Plugin } from "vite";
import { rangeOf } from "../../scripts/serve-local-model.ts";
import { securityHeaders } from "../../scripts/security-headers.ts";
import { uncompressed } from "../../scripts/uncompressed.mjs";
import { TINY_MODEL } from "./model-file.ts";

/** What is wrong with the answer to a request for weights. */
export type ServedFault = "cut" | "wrong range" | "unavailable";

/** Below this path, on the page's own origin: the policy is not widened for tests. */
const FOLDER = "/models/faulty/";

const PIP = new URL("../../public/models/pip-4.7m/mlc-q0f16/", import.meta.url);

/** Bytes that are sent at a time. */
const SENT_BYTES = 100_000;

/** Serves the build that people get, and models beside it, slowly and with faults. */
export class FaultyServer {
  /** Of the page. */
  origin = "";
  /** Faults of the next answers with weights, in order. */
  readonly faults: ServedFault[] = [];
  /** Bytes of weights that were sent. */
  sentBytes = 0;
  /** Whether weights come slowly, or as fast as they can. */
  isSlow = true;
  /** The pause after each 100 kB of weights: 10 ms make about 10 MB a second. */
  pauseMs = 10;
  #close = () => Promise.resolve();

  static async start(): Promise<FaultyServer> {
    const faulty = new FaultyServer();
    const server = await preview({
      logLevel: "warn",
      build: { outDir: "dist" },
      preview: { port: 0, strictPort: false },
      plugins: [uncompressed(), faulty.#plugin()],
    });
    const { port } = server.httpServer.address() as AddressInfo;
    faulty.origin = `http://localhost:${port}`;
    faulty.#close = () => server.close();
    return faulty;
  }

  /** Address of a model in MLC's layout: Pip's weights. */
  get mlc(): string {
    return `${this.origin}${FOLDER}pip/`;
  }

  get gguf(): string {
    return `${this.origin}${FOLDER}${TINY_MODEL.name}`;
  }

  close(): Promise<void> {
    return this.#close();
  }

  #plugin(): Plugin {
    return {
      name: "faulty-models",
      configurePreviewServer: ({ middlewares }) => {
        middlewares.use((request, response, next) => {
          if (request.url?.startsWith(FOLDER) === true) void this.#answer(request, response);
          else next();
        });
      },
    };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    const name = basename(new URL(request.url ?? "", this.origin).pathname);
    const path = name === TINY_MODEL.name ? TINY_MODEL.path : new URL(name, PIP);
    const bytes = await readFile(path).catch(() => undefined);
    if (!bytes) {
      response.writeHead(404).end();
      return;
    }
    const asked = rangeOf(request.headers.range, bytes.length);
    if (asked === "unsatisfiable") response.writeHead(416).end();
    else await this.#send(response, bytes, { asked, isWeights: /\.(bin|gguf)$/.test(name) });
  }

  async #send(
    response: ServerResponse,
    bytes: Uint8Array,
    { asked, isWeights }: { asked: { start: number; end: number } | undefined; isWeights: boolean },
  ): Promise<void> {
    const { start, end } = asked ?? { start: 0, end: bytes.length };
    const fault = isWeights && end - start > 4 ? this.faults.shift() : undefined;
    if (fault === "unavailable") {
      response.writeHead(503, { "Retry-After": "1" }).end();
      return;
    }
    const first = fault === "wrong range" ? start + 1 : start;
    const range = `bytes ${first}-${end - 1}/${bytes.length}`;
    const isPart = asked !== undefined || fault === "wrong range";
    response.writeHead(isPart ? 206 : 200, {
      "Content-Length": end - first,
      ETag: `"${bytes.length}"`,
      ...(isPart && { "Content-Range": range }),
    });
    const stop = fault === "cut" ? start + Math.floor((end - start) / 2) : end;
    for (let at = first; at < stop && !response.destroyed; at += SENT_BYTES) {
      const sent = bytes.subarray(at, Math.min(at + SENT_BYTES, stop));
      response.write(sent);
      if (isWeights) this.sentBytes += sent.length;
      if (this.isSlow) await new Promise((resolve) => setTimeout(resolve, this.pauseMs));
    }
    if (fault === "cut") response.destroy();
    else response.end();
  }
}
