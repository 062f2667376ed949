import * as Comlink from "comlink";
import { cacheStorage } from "../src/downloads/file-cache.ts";
import type { EngineApi } from "../src/protocol/engine-api.ts";
import { createWebLlmEngine } from "../src/webllm/create-webllm-engine.ts";
import { StoredLibraryHashes } from "../src/webllm/library-hashes.ts";
import { watchDevices } from "../src/webllm/watch-devices.ts";
import { holdLifeLock } from "./life-lock.ts";

void holdLifeLock(self.name, (message) => self.postMessage(message));

/** WebLLM is two megabytes. It is loaded with its first model, and kept by the service worker from then on. */
async function createEngine() {
  const { MLCEngine } = await import("@mlc-ai/web-llm");
  return new MLCEngine({ logLevel: "ERROR" });
}

async function describeAdapter(): Promise<string> {
  const { gpu } = navigator as { readonly gpu?: GPU };
  const {
    vendor = "",
    architecture = "",
    description = "",
  } = (await gpu?.requestAdapter())?.info ?? {};
  return [vendor, architecture, description].filter((part) => part !== "").join(" ");
}

const { GPUAdapter: Adapter } = globalThis as { readonly GPUAdapter?: typeof GPUAdapter };

Comlink.expose(
  createWebLlmEngine({
    createEngine,
    fetch: (...args) => fetch(...args),
    cache: cacheStorage,
    hashes: new StoredLibraryHashes(),
    describeAdapter,
    watchDevices: (onLost) => {
      watchDevices(Adapter?.prototype, onLost);
    },
  }) satisfies EngineApi,
);
