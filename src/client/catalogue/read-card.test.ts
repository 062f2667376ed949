import { afterEach, expect, test, vi } from "vitest";
import { stubLocalStorage } from "../models/testing-local-storage.ts";
import { rememberLoaded } from "./loaded-before.ts";
import { readCard } from "./read-card.ts";

afterEach(() => vi.unstubAllGlobals());

const adapter = {
  features: ["shader-f16", "subgroups"],
  limits: {
    maxBufferSize: 2 ** 31,
    maxStorageBufferBindingSize: 2 ** 30,
    maxComputeWorkgroupStorageSize: 32_768,
    maxStorageBuffersPerShaderStage: 10,
  },
  info: { vendor: "nvidia", architecture: "ampere", description: "" },
};

const browser = (found: typeof adapter | null) => ({
  gpu: { requestAdapter: () => Promise.resolve(found) },
  userAgent: "Mozilla/5.0 (X11; Linux x86_64)",
  maxTouchPoints: 0,
  deviceMemory: 8,
});

test("a card is described by its features, its limits and what ran on it before", async () => {
  stubLocalStorage();
  expect(await readCard(browser(adapter))).toMatchObject({
    on: "gpu",
    maxBufferBytes: 2 ** 30,
    workgroupBytes: 32_768,
    storageBuffers: 10,
    budget: { bytes: 4 * 2 ** 30, from: "discrete" },
  });
  rememberLoaded("nvidia ampere", 7e9);
  const card = await readCard(browser(adapter));
  expect(card?.budget).toMatchObject({ bytes: 7e9, from: "loaded-before" });
  expect(card?.features.has("shader-f16")).toBe(true);
});

test("where there is none, there is nothing to describe", async () => {
  expect(await readCard(browser(null))).toBeUndefined();
  expect(await readCard({ userAgent: "", maxTouchPoints: 0 })).toBeUndefined();
});
