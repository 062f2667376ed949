/**
 * @file Reading an element that must be there. An index outside the array is a bug in this repository: a 0 in its
 * place would make a cost free. There is one function for each kind of array, since an engine compiles a read of
 * one kind into a single load: with one function for all kinds, planning a restoration took twice as long, with
 * these 5 % longer (V8 of Node 20, by CPU time).
 */

/** @throws with the index, if there is no such element */
export function at<Element>(array: readonly Element[], index: number): Element {
  const element = array[index];
  if (element === undefined) throw outside(array, index);
  return element;
}

/** @throws with the index, if there is no such element */
export function floatAt(array: Float64Array, index: number): number {
  const element = array[index];
  if (element === undefined) throw outside(array, index);
  return element;
}

/** @throws with the index, if there is no such element */
export function intAt(array: Int32Array, index: number): number {
  const element = array[index];
  if (element === undefined) throw outside(array, index);
  return element;
}

const outside = ({ length }: ArrayLike<unknown>, index: number): Error =>
  new Error(`invariant: there is no element ${index} of ${length}`);
