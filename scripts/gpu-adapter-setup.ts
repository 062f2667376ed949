import { beforeAll } from "vitest";
import { adapterName } from "../src/device/device.ts";
import { closeTestDevice, openTestDevice } from "../src/device/test-device-testing.ts";

declare module "@vitest/runner" {
  interface TaskMeta {
    /** The adapter that a test file ran on. */
    adapter?: string;
  }
}

// A result means nothing without the adapter it came from, so every test file carries it.
beforeAll(async ({}, file) => {
  const hardware = await openTestDevice();
  closeTestDevice(hardware);
  file.meta.adapter = adapterName(hardware.adapter);
});
