import { expect, test } from "vitest";
import { layerMs, transferMs } from "../restore/device-profile.ts";
import { RestorationCosts } from "./restoration-costs.ts";

const PIP = { hidden: 192, heads: 6, kvHeads: 2, headDim: 32, ffn: 448 };

test("a software adapter is assumed to compute more slowly", () => {
  const prefillMs = (isSoftware: boolean) =>
    layerMs(new RestorationCosts(PIP, isSoftware).profile.prefill, 128, 0);
  expect(prefillMs(true)).toBeGreaterThan(10 * prefillMs(false));
});

test("what was measured again and again is what is expected", () => {
  const costs = new RestorationCosts(PIP, true);
  for (let i = 0; i < 40; i++) {
    const position = (i % 8) * 128;
    costs.learnPrefill({ tokens: 128, position, layers: 12, ms: 500 });
    costs.learn({ read: [{ bytes: 4e6, values: 10, ms: 400 }] });
  }
  const { prefill, read } = costs.profile;
  expect(12 * layerMs(prefill, 128, 512) + prefill.stepMs).toBeGreaterThan(400);
  expect(12 * layerMs(prefill, 128, 512) + prefill.stepMs).toBeLessThan(600);
  const expectedMs = transferMs({ ...read, fixedMs: 10 * read.fixedMs }, 4e6);
  expect(expectedMs).toBeGreaterThan(320);
  expect(expectedMs).toBeLessThan(480);
});

test("a run of a few tokens says nothing", () => {
  const costs = new RestorationCosts(PIP, true);
  const before = costs.profile;
  costs.learnPrefill({ tokens: 2, position: 0, layers: 12, ms: 500 });
  expect(costs.profile).toBe(before);
});
