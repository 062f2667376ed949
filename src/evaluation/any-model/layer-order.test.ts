import { expect, test } from "vitest";
import { inOrder, inverseOrder, numbersInOrder, orderByDistance } from "./layer-order.ts";

/** Distances of layers that stand at these points of a line. */
const distancesOf = (points: readonly number[]) =>
  points.flatMap((a) => points.map((b) => Math.abs(a - b)));

test("layers that are close stand in one group, wherever they are in the model", () => {
  const points = [0, 10, 0.1, 10.2, 0.3, 10.5];
  expect(orderByDistance(distancesOf(points), 6, 3)).toEqual([0, 2, 4, 1, 3, 5]);
  expect(orderByDistance(distancesOf(points), 6, 1)).toEqual([0, 1, 2, 3, 4, 5]);
});

test("what does not fill a group stands last", () => {
  const order = orderByDistance(distancesOf([5, 0, 0.1, 9, 9.1]), 5, 2);
  expect(order).toEqual([1, 2, 3, 4, 0]);
});

test("an order can be undone", () => {
  const order = [2, 0, 3, 1];
  const values = ["a", "b", "c", "d"];
  expect(inOrder(inOrder(values, order), inverseOrder(order))).toEqual(values);
  expect([...numbersInOrder(Float32Array.of(1, 1, 2, 2, 3, 3, 4, 4), order)]).toEqual([
    3, 3, 1, 1, 4, 4, 2, 2,
  ]);
});
