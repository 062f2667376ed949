/**
 * @file An order of layers in which those that attend alike stand together, so that they share a basis: Krul's distances
 * (arXiv:2507.08045), which choose pairs to merge, used to group layers for the transform instead.
 */

import { assert } from "../../shared/assert.ts";
import { at } from "../../shared/at.ts";

/**
 * Forms groups one after the other: each begins with the closest two layers that are left, and takes in the layer that is
 * the closest to its members on average until it is full. Layers of a group are in their own order; so are groups, by
 * their first layers.
 *
 * @param distances [layers, layers], symmetric
 * @param group layers of a group; the last group has what is left
 * @returns which layer stands at each place
 */
export function orderByDistance(
  distances: ArrayLike<number>,
  layers: number,
  group: number,
): number[] {
  assert(distances.length === layers ** 2, `${distances.length} distances of ${layers} layers`);
  const left = new Set(Array.from({ length: layers }, (_, layer) => layer));
  const groups: number[][] = [];
  // What does not fill a group stands last, because a basis counts its groups from the first layer on.
  while (left.size >= group) {
    const members = grown(distances, layers, [...left], group);
    for (const layer of members) left.delete(layer);
    groups.push(members.toSorted((a, b) => a - b));
  }
  const whole = groups.toSorted((a, b) => at(a, 0) - at(b, 0));
  return [...whole.flat(), ...left];
}

function grown(
  distances: ArrayLike<number>,
  layers: number,
  free: readonly number[],
  size: number,
): number[] {
  const members = free.slice(0, 1);
  const distance = (a: number, b: number) => distances[a * layers + b] ?? NaN;
  const nearest = (to: readonly number[]) =>
    free
      .filter((layer) => !to.includes(layer))
      .map((layer) => ({
        layer,
        total: to.reduce((sum, other) => sum + distance(layer, other), 0),
      }))
      .toSorted((a, b) => a.total - b.total)[0];
  if (size > 1) {
    const pairs = free.flatMap((first) => {
      const found = nearest([first]);
      return found ? [{ first, second: found.layer, total: found.total }] : [];
    });
    const closest = pairs.toSorted((a, b) => a.total - b.total)[0];
    if (closest) members.splice(0, 1, closest.first, closest.second);
  }
  while (members.length < size) {
    const next = nearest(members);
    assert(next !== undefined, "no layer is left");
    members.push(next.layer);
  }
  return members;
}

/** What stands at each place, by an order. */
export const inOrder = <T>(values: readonly T[], order: readonly number[]): T[] =>
  order.map((layer) => at(values, layer));

/** The order that undoes another one. */
export const inverseOrder = (order: readonly number[]): number[] =>
  order.map((_, layer) => order.indexOf(layer));

/** Numbers of each layer, [layers, any], in another order of layers. */
export function numbersInOrder(numbers: Float32Array, order: readonly number[]): Float32Array {
  const size = numbers.length / order.length;
  const ordered = new Float32Array(numbers.length);
  order.forEach((layer, place) => {
    ordered.set(numbers.subarray(layer * size, (layer + 1) * size), place * size);
  });
  return ordered;
}
