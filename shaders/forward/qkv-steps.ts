import { assert } from "../../src/shared/assert.ts";

/** A part of the rows of the QKV product: the heads of all queries, of all keys or of all values, in this order. */
export type QkvPart = "query" | "key" | "value";

/**
 * Something that is done to the heads of the QKV product before attention reads them.
 *
 * - `bias`: numbers of the model are added
 * - `norm`: RMSNorm of each head by itself, with gains that all heads of a part share
 * - `rotate`: RoPE
 */
export interface QkvStep {
  step: "bias" | "norm" | "rotate";
  /** The parts whose heads it is done to. */
  parts: readonly QkvPart[];
}

/** The parts that a step is done to; none if it is not among the steps. */
export const partsOf = (steps: readonly QkvStep[], step: QkvStep["step"]): readonly QkvPart[] =>
  steps.filter((one) => one.step === step).flatMap(({ parts }) => parts);

/** The order that the kernel has. */
const ORDER: readonly QkvStep["step"][] = ["bias", "norm", "rotate"];

/** Throws for steps that the kernel does not have: another order, values with a norm, or rotations of one part only. */
export function assertKernelSteps(steps: readonly QkvStep[]): void {
  const order = steps.map(({ step }) => ORDER.indexOf(step));
  const ascends = order.every((at, i) => i === 0 || at > (order[i - 1] ?? NaN));
  assert(ascends, "the kernel adds biases, then normalises, then rotates");
  assert(!partsOf(steps, "norm").includes("value"), "the kernel has no norm of values");
  const rotated = [...partsOf(steps, "rotate")].sort().join(" ");
  assert(rotated === "key query", "the kernel rotates queries and keys");
}
