import { expect, test } from "vitest";
import type { Transformer } from "../../model/forward/transformer.ts";
import { LayerArrival } from "./layer-arrival.ts";

function arrivalOf(layers: number) {
  const weights = { readyLayers: 0 };
  let compile: (transformer: Transformer) => void = () => undefined;
  let refuse: (error: unknown) => void = () => undefined;
  const transformer = new Promise<Transformer>((resolve, reject) => {
    compile = resolve;
    refuse = reject;
  });
  const arrival = new LayerArrival(
    weights,
    { layerBytes: new Array<number>(layers).fill(100) },
    transformer,
  );
  const come = (ready: number) => {
    weights.readyLayers = ready;
    arrival.update();
  };
  return { arrival, come, compile: () => compile(Object.create(null) as Transformer), refuse };
}

test("a layer can run when its weights and the kernels are there", async () => {
  const { arrival, come, compile } = arrivalOf(3);
  come(2);
  expect(arrival.runnable).toBe(0);
  expect(arrival.missingBytes).toEqual([0, 0, 100]);
  const changed = arrival.changed();
  compile();
  await changed;
  expect(arrival.runnable).toBe(2);
  come(3);
  expect(arrival.runnable).toBe(3);
  expect(arrival.missingBytes).toEqual([]);
});

test("whoever waits is told of each further layer, not of every tensor", async () => {
  const { arrival, come } = arrivalOf(2);
  let told = 0;
  void arrival.changed().then(() => told++);
  come(0);
  await Promise.resolve();
  expect(told).toBe(0);
  come(1);
  await Promise.resolve();
  expect(told).toBe(1);
});

test("a load that has failed is told of, also to those who ask later", async () => {
  const { arrival, compile } = arrivalOf(2);
  const before = arrival.changed();
  arrival.fail(new Error("gone"));
  compile();
  await expect(before).rejects.toThrow("gone");
  await Promise.resolve();
  await expect(arrival.changed()).rejects.toThrow("gone");
});

test("kernels that do not compile are a failed load", async () => {
  const { arrival, refuse } = arrivalOf(2);
  const waiting = arrival.changed();
  refuse(new Error("no"));
  await expect(waiting).rejects.toThrow("no");
});
