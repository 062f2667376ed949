import { afterEach, expect, test, vi } from "vitest";
import { DeviceSetting } from "./device-setting.ts";
import { blockLocalStorage, stubLocalStorage } from "./testing-local-storage.ts";

afterEach(() => vi.unstubAllGlobals());

test("a choice is told, and is there at the next visit; automatic leaves nothing behind", () => {
  const kept = stubLocalStorage();
  const setting = new DeviceSetting();
  const told = vi.fn();
  setting.subscribe(told);
  expect(setting.getSnapshot()).toBe("auto");
  setting.choose("processor");
  expect(told).toHaveBeenCalledOnce();
  expect(new DeviceSetting().getSnapshot()).toBe("processor");
  setting.choose("auto");
  expect(new DeviceSetting().getSnapshot()).toBe("auto");
  expect(kept.size).toBe(0);
});

test("what the address asks for holds for the visit alone, and gives way to a choice", () => {
  stubLocalStorage();
  const setting = new DeviceSetting("gpu");
  expect(setting.getSnapshot()).toBe("gpu");
  expect(new DeviceSetting().getSnapshot()).toBe("auto");
  setting.choose("processor");
  expect(setting.getSnapshot()).toBe("processor");
});

test("what this page did not write, and a browser that keeps nothing, mean automatic", () => {
  stubLocalStorage(new Map([["rekindle.device", "quantum"]]));
  expect(new DeviceSetting().getSnapshot()).toBe("auto");
  blockLocalStorage();
  const setting = new DeviceSetting();
  setting.choose("processor");
  expect(setting.getSnapshot()).toBe("processor");
});
