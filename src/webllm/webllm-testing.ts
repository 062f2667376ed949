import { readFile } from "node:fs/promises";
import type { FileCache, FileKey } from "../downloads/file-cache.ts";
import type { Fetch } from "../downloads/request-file.ts";
import type { ModelReference } from "../protocol/engine-api.ts";
import { WEBLLM_LIBRARIES } from "../protocol/webllm-libraries.ts";
import type { LibraryHashes } from "./library-hashes.ts";
import { RecordedMlcEngine } from "./mlc-engine-testing.ts";
import type { WebLlmParts } from "./webllm-slot.ts";

/** Where the model of these tests lies. Its files are Pip's. */
export const DIRECTORY = "https://huggingface.co/rekindle-test/pip/resolve/main/";
export const LIBRARY_URL = `${WEBLLM_LIBRARIES}Pip-q4f16_1_cs1k-webgpu.wasm`;

export const REFERENCE: ModelReference = {
  url: "https://huggingface.co/rekindle-test/pip",
  compiled: {
    id: "Pip-q4f16_1-MLC",
    libraryUrl: LIBRARY_URL,
    contextTokens: 1000,
    gpuBytes: 1e7,
  },
};

const PIP = new URL("../../public/models/pip-4.7m/mlc-q4f16_1/", import.meta.url);

/** The bytes of a compiled library, as far as they matter here. */
export const LIBRARY = new TextEncoder().encode("\0asm of Pip");

/** Answers for the hub and for the place of the libraries. `changed` are files that are others now, by their URLs. */
class TestServer {
  readonly requests: string[] = [];
  readonly changed = new Map<string, Uint8Array<ArrayBuffer>>();
  isReachable = true;

  readonly fetch: Fetch = async (url) => {
    this.requests.push(url.slice(url.lastIndexOf("/") + 1));
    if (!this.isReachable) throw new TypeError("Failed to fetch");
    const body = this.changed.get(url) ?? (await fileAt(url));
    return body ? new Response(body) : new Response("none", { status: 404 });
  };
}

async function fileAt(url: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (url === LIBRARY_URL) return LIBRARY;
  if (!url.startsWith(DIRECTORY)) return undefined;
  const bytes = await readFile(new URL(url.slice(DIRECTORY.length), PIP)).catch(() => undefined);
  return bytes && new Uint8Array(bytes);
}

/** Cache Storage in memory, which can be looked into. */
class MemoryCache implements FileCache {
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();

  match({ cache, url }: FileKey): Promise<Response | undefined> {
    const bytes = this.files.get(`${cache} ${url}`);
    return Promise.resolve(bytes && new Response(bytes));
  }

  async put({ cache, url }: FileKey, pieces: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    this.files.set(`${cache} ${url}`, new Uint8Array(await new Blob([...pieces]).arrayBuffer()));
  }

  delete({ cache, url }: FileKey): Promise<void> {
    this.files.delete(`${cache} ${url}`);
    return Promise.resolve();
  }
}

class MemoryHashes implements LibraryHashes {
  readonly kept = new Map<string, string>();

  get(url: string): Promise<string | undefined> {
    return Promise.resolve(this.kept.get(url));
  }

  keep(url: string, sha256: string): Promise<void> {
    this.kept.set(url, sha256);
    return Promise.resolve();
  }
}

/** Everything around an engine of WebLLM's, in memory. */
export function surroundings(prepare: (engine: RecordedMlcEngine) => void = () => undefined) {
  const server = new TestServer();
  const cache = new MemoryCache();
  const hashes = new MemoryHashes();
  const engines: RecordedMlcEngine[] = [];
  let loseDevice: (message: string) => void = () => undefined;
  const timing = { nowMs: () => 0, random: () => 0, sleep: () => Promise.resolve() };
  const parts: WebLlmParts = {
    fetch: server.fetch,
    cache,
    timing,
    hashes,
    createEngine: () => {
      const engine = new RecordedMlcEngine();
      prepare(engine);
      engines.push(engine);
      return Promise.resolve(engine);
    },
    describeAdapter: () => Promise.resolve("test adapter"),
    watchDevices: (onLost) => (loseDevice = onLost),
  };
  return {
    server,
    cache,
    hashes,
    engines,
    parts,
    loseDevice: (message = "gone") => loseDevice(message),
  };
}
