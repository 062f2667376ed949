import { beforeAll } from "vitest";
import { adapterName } from "../src/device/device.ts";
import { requestGpu } from "../src/gpu/request-gpu.ts";

declare module "@vitest/runner" {
  interface TaskMeta {
    /** The adapter that a test file ran on. */
    adapter?: string;
  }
}

// A result means nothing without the adapter it came from, so every test file carries it.
beforeAll(async ({}, file) => {
  const { device, adapter } = await requestGpu();
  device.destroy();
  file.meta.adapter = adapterName(adapter);
});
