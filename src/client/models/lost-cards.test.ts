import { expect, test } from "vitest";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import { ObservableValue } from "../observable-value.ts";
import { model } from "../workers/testing-engine-worker.ts";
import { LostCards } from "./lost-cards.ts";

const onGpu: EngineStatus = { phase: "ready", model: { ...model, device: "gpu" } };
const onProcessor: EngineStatus = { phase: "ready", model: { ...model, device: "processor" } };
const recovering: EngineStatus = { phase: "recovering" };
const loading: EngineStatus = { phase: "loading", url: "m", loadedBytes: 0, totalBytes: 0 };
const lost: EngineStatus = { phase: "failed", failure: { code: "device-lost", message: "" } };
const crashed: EngineStatus = {
  phase: "failed",
  failure: { code: "worker-died", worker: "engine", message: "" },
};

/** Whether the card counts as unreliable after these statuses. */
function after(...statuses: EngineStatus[]): boolean {
  const status = new ObservableValue<EngineStatus>({ phase: "idle" });
  const cards = new LostCards(status);
  for (const one of statuses) status.set(one);
  return cards.getSnapshot();
}

test("a card that is lost twice is not trusted any more, however long it held in between", () => {
  expect(after(loading, onGpu)).toBe(false);
  expect(after(loading, onGpu, recovering, onGpu)).toBe(false);
  expect(after(onGpu, recovering, onGpu, loading, onGpu, recovering)).toBe(true);
  expect(after(onGpu, recovering, onGpu, recovering, onProcessor)).toBe(true);
});

test("a loss while a model is loaded onto it counts too, and one that is told again does not", () => {
  expect(after(onGpu, recovering, lost)).toBe(true);
  expect(after(loading, lost, loading, lost)).toBe(true);
  expect(after(onGpu, recovering, recovering)).toBe(false);
});

test("what has nothing to do with the card is not counted", () => {
  expect(after(onProcessor, recovering, onProcessor, recovering)).toBe(false);
  expect(after(onGpu, crashed, loading, onGpu, crashed)).toBe(false);
});

test("it is told once", () => {
  const status = new ObservableValue<EngineStatus>(onGpu);
  const cards = new LostCards(status);
  let told = 0;
  cards.subscribe(() => (told += 1));
  for (const one of [onGpu, recovering, onGpu, recovering, onGpu, recovering]) status.set(one);
  expect(told).toBe(1);
});
