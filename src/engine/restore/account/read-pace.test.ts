import { expect, test, vi } from "vitest";
import { ReadPace } from "./read-pace.ts";
import { RestorationCosts } from "../../sequence/restoration-costs.ts";

const PIP = { layers: 12, hidden: 192, heads: 6, kvHeads: 2, headDim: 32, ffn: 448 };

const decoded = (ms: number, isAlone = true) =>
  ({ ms, bytes: 16_000, family: "int", isAlone }) as const;

const sample = (ms: number) => ({ bytes: 16_000, values: 1, ms });

function pace() {
  const costs = new RestorationCosts(PIP, "software");
  return { learn: vi.spyOn(costs, "learn"), pace: new ReadPace(costs) };
}

test("what the GPU decodes after a turn took over is learned too", () => {
  const { learn, pace: running } = pace();
  running.noteDecode(decoded(40));
  running.learn();
  expect(learn).toHaveBeenLastCalledWith({ read: [], decode: { int: [sample(40)] } });
  running.noteDecode(decoded(60));
  expect(learn).toHaveBeenLastCalledWith({ decode: { int: [sample(60)] } });
});

test("decoding beside which the GPU computed says nothing of decoding", () => {
  const { learn, pace: running } = pace();
  running.noteDecode(decoded(400, false));
  running.learn();
  expect(learn).toHaveBeenLastCalledWith({ read: [], decode: {} });
});

test("nothing takes no time; what is to be read takes at least what it is known to", () => {
  const { pace: running } = pace();
  expect(running.remainingMs(0)).toBe(0);
  expect(running.remainingMs(1e6)).toBeGreaterThan(10);
});

test("what decoding was expected to take is told beside what it took, by family", () => {
  const { pace: running } = pace();
  running.noteDecode({ ms: 4, bytes: 50_000, family: "f16", isAlone: true });
  running.noteDecode({ ms: 6, bytes: 50_000, family: "f16", isAlone: true });
  running.noteDecode({ ms: 400, bytes: 50_000, family: "f16", isAlone: false });
  const [f16] = running.decoded;
  expect(f16).toMatchObject({ family: "f16", values: 2, bytes: 100_000, ms: 10 });
  // Assumed until it is measured: half a millisecond for a value, and 50,000 bytes in one.
  expect(f16?.predictedMs).toBeCloseTo(3, 9);
  expect(running.decoded).toHaveLength(1);
});
