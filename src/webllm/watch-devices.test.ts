import { expect, test, vi } from "vitest";
import { watchDevices } from "./watch-devices.ts";

/** Adapters whose devices are lost when the test says so. */
function adapters() {
  const losses: ((info: Pick<GPUDeviceLostInfo, "reason" | "message">) => void)[] = [];
  const requestDevice = () => {
    const lost = new Promise((resolve) => losses.push(resolve));
    return Promise.resolve({ lost } as unknown as GPUDevice);
  };
  return { losses, prototype: { requestDevice } };
}

test("a device that is lost is told, and one that was given back is not", async () => {
  const { losses, prototype } = adapters();
  const onLost = vi.fn();
  watchDevices(prototype, onLost);
  const adapter = Object.create(prototype) as GPUAdapter;
  const [given, lost] = [await adapter.requestDevice(), await adapter.requestDevice()];
  expect([given, lost].every((device) => "lost" in device)).toBe(true);
  losses[0]?.({ reason: "destroyed", message: "given back" });
  losses[1]?.({ reason: "unknown", message: "reset" });
  await vi.waitFor(() => expect(onLost.mock.calls).toEqual([["reset"]]));
});

test("where there is no WebGPU there is nothing to watch", () => {
  expect(() => watchDevices(undefined, vi.fn())).not.toThrow();
});
