import { expect, test } from "vitest";
import type { DeviceProfile } from "./fit.ts";
import { memoryBudget } from "./memory-budget.ts";
import { recommendedModel } from "./recommended-model.ts";
import { ALL_MODELS } from "./all-models.ts";
import { card } from "./testing-devices.ts";

const GIB = 2 ** 30;
const PIP = 4.7e6;

const recommended = (device: DeviceProfile, more: { freeBytes?: number; inUse?: number } = {}) =>
  recommendedModel(ALL_MODELS, { device, freeBytes: more.freeBytes, inUse: more.inUse ?? PIP });

const idOn = (device: DeviceProfile, more = {}) => recommended(device, more)?.model.id;

test("RM1: the larger the device, the larger the model", () => {
  expect(idOn(card(4 * GIB))).toBe("Qwen3-4B");
  expect(idOn(card(2.5 * GIB))).toBe("Llama-3.2-3B-Instruct");
  expect(idOn(card(2 * GIB))).toBe("Qwen3-1.7B");
  expect(idOn(card(GIB))).toBe("Llama-3.2-1B-Instruct");
  expect(idOn(card(400 * 2 ** 20))).toBe("Qwen2.5-0.5B-Instruct");
  expect(recommended(card(100 * 2 ** 20))).toBeUndefined();
});

test("RM1: on an iPhone it is one that leaves the tab alive", () => {
  const budget = memoryBudget({
    platform: "iphone",
    isDiscrete: false,
    loadedBytes: undefined,
    memoryGiB: undefined,
  });
  expect(idOn(card(0, { budget }))).toBe("Qwen2.5-0.5B-Instruct");
});

test("RM1: what only may fit, or has no room in the browser, is not recommended", () => {
  expect(idOn(card(4 * GIB), { freeBytes: 1e9 })).toBe("Qwen3-1.7B");
  expect(recommended(card(4 * GIB), { freeBytes: 1e6 })).toBeUndefined();
});

test("RM2: it is always one of this project's engine, in 4 bits", () => {
  for (const bytes of [GIB / 2, GIB, 2 * GIB, 4 * GIB, 64 * GIB])
    expect(recommended(card(bytes))?.variant).toMatchObject({
      engine: "rekindle",
      format: "q4f16_1",
    });
});

test("RM3: a processor is for half a billion weights, and for none where it is slow", () => {
  const on = (weightsPerMs: number) => idOn({ on: "processor", speed: { weightsPerMs } });
  expect(on(20e6)).toBe("Qwen2.5-0.5B-Instruct");
  expect(on(2.5e6)).toBe("SmolLM2-360M-Instruct");
  expect(on(0.1e6)).toBeUndefined();
});

test("RM4: nothing is recommended beside a model that is nearly as good", () => {
  expect(idOn(card(2 * GIB), { inUse: 135e6 })).toBe("Qwen3-1.7B");
  expect(recommended(card(2 * GIB), { inUse: 1.2e9 })).toBeUndefined();
});
