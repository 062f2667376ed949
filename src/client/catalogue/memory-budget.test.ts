import { expect, test } from "vitest";
import { isDiscreteCard, memoryBudget, platformOf } from "./memory-budget.ts";

const desktop = { platform: "desktop", isDiscrete: false, loadedBytes: undefined } as const;
const GIB = 2 ** 30;

test("MB1, MB2: phones and tablets have what was seen there", () => {
  const of = (platform: "iphone" | "ipad" | "android") =>
    memoryBudget({ ...desktop, platform, memoryGiB: undefined });
  expect(of("iphone")).toEqual({ bytes: 700e6, mostBytes: 1200e6, from: "platform" });
  expect(of("ipad")).toEqual({ bytes: 1500e6, mostBytes: 3000e6, from: "platform" });
  expect(of("android")).toEqual(of("ipad"));
});

test("MB3: a desktop has a careful guess, and four times as much may fit", () => {
  const integrated = memoryBudget({ ...desktop, memoryGiB: 8 });
  expect(integrated).toEqual({ bytes: 2 * GIB, mostBytes: 8 * GIB, from: "integrated" });
  const discrete = memoryBudget({ ...desktop, isDiscrete: true, memoryGiB: undefined });
  expect(discrete).toEqual({ bytes: 4 * GIB, mostBytes: 16 * GIB, from: "discrete" });
});

test("MB4: what ran before fits again, and less than the guess says nothing", () => {
  const after = (loadedBytes: number) =>
    memoryBudget({ ...desktop, loadedBytes, memoryGiB: undefined });
  expect(after(5e9)).toEqual({ bytes: 5e9, mostBytes: 8 * GIB, from: "loaded-before" });
  expect(after(2e10)).toEqual({ bytes: 2e10, mostBytes: 2e10, from: "loaded-before" });
  expect(after(1e6).from).toBe("integrated");
});

test("MB5: what the computer has bounds what its graphics share, and no card of its own memory", () => {
  expect(memoryBudget({ ...desktop, memoryGiB: 1 })).toMatchObject({ bytes: GIB, mostBytes: GIB });
  expect(memoryBudget({ ...desktop, memoryGiB: 4 }).mostBytes).toBe(4 * GIB);
  expect(memoryBudget({ ...desktop, isDiscrete: true, memoryGiB: 4 }).mostBytes).toBe(16 * GIB);
  // The largest number that browsers tell means that much or more.
  expect(memoryBudget({ ...desktop, memoryGiB: 8 }).mostBytes).toBe(8 * GIB);
});

test.each([
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) Safari/605", 5, "iphone"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", 5, "ipad"],
  ["Mozilla/5.0 (iPad; CPU OS 12_2 like Mac OS X) Safari/605", 5, "ipad"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/156", 0, "desktop"],
  ["Mozilla/5.0 (Linux; Android 10; K) Chrome/156 Mobile", 5, "android"],
  ["Mozilla/5.0 (X11; Linux x86_64) Chrome/156", 0, "desktop"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156", 10, "desktop"],
] as const)("%s with %i fingers is %s", (userAgent, maxTouchPoints, platform) => {
  expect(platformOf({ userAgent, maxTouchPoints })).toBe(platform);
});

test.each([
  ["nvidia", "ampere", "", true],
  ["intel", "gen-12lp", "", false],
  ["intel", "xe-hpg", "", true],
  ["intel", "", "Intel(R) Arc(TM) A770", true],
  ["amd", "rdna-3", "", false],
  ["amd", "rdna-3", "AMD Radeon RX 7800 XT", true],
  ["apple", "metal-3", "", false],
  ["", "", "", false],
])("%s %s %s: a card of its own memory is %s", (vendor, architecture, description, isDiscrete) => {
  expect(isDiscreteCard({ vendor, architecture, description })).toBe(isDiscrete);
});
