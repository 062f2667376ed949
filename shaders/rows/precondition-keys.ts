import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import { f16ToF32 } from "../../src/shared/number-formats.ts";
import { halfBits } from "../exact-f16.ts";
import type { RowCode, RowRun, RowShape } from "./coded-layout.ts";
import exactF16 from "../exact-f16.wgsl?raw";
import { rotateHead } from "../rotate-head.ts";
import wgsl from "./precondition-keys.wgsl?raw";

/** `rotation` is read with `unrope`. Otherwise it may be any other buffer. */
export type PreconditionKeysBinding = "rotation" | "cache" | "keys" | "run";

type KeyPreconditioning = Pick<RowCode, "hadamard" | "unrope">;
/** Whether keys are preconditioned, or brought back into the cache. */
export type PreconditionDirection = "forward" | "inverse";

export function preconditionKeysSource(
  { hadamard, unrope }: KeyPreconditioning,
  { kvHeads, headDim }: RowShape,
  direction: PreconditionDirection,
): KernelSource<PreconditionKeysBinding> {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  assert(!hadamard || hasHadamard(headDim), `no Walsh-Hadamard matrix for ${headDim} channels`);
  return {
    label: `precondition-keys ${direction}`,
    name: "precondition-keys",
    wgsl: [exactF16, wgsl],
    constants: {
      KV_HEADS: kvHeads,
      HEAD_DIM: headDim,
      HADAMARD: hadamard,
      UNROPE: unrope,
      INVERSE: direction === "inverse",
    },
    bindings: { rotation: "read", cache: "write", keys: "write", run: "uniform" },
  };
}

/** Channels of a head that are multiplied by one Walsh-Hadamard matrix: the largest power of two that divides a head. */
const hadamardBlock = (headDim: number): number => headDim & -headDim;

/** Whether heads have blocks of 16 channels at least, since one invocation takes four quads of a block. */
export const hasHadamard = (headDim: number): boolean => hadamardBlock(headDim) >= 16;

export function preconditionKeysGrid(
  { hadamard }: KeyPreconditioning,
  { kvHeads, headDim }: RowShape,
  { tokens }: RowRun,
): Grid {
  assert(tokens > 0, "there are no rows");
  return [Math.ceil((tokens * kvHeads * headDim) / (hadamard ? 16 : 4) / 64)];
}

/**
 * Preconditioned keys of a run, computed in f64 and rounded at the end.
 *
 * @param rows [tokens, 2, kvHeads, headDim] f16 bits
 * @param rotation [tokens, headDim / 2, 2] cosines and sines of the run's positions, with `unrope`
 * @returns keys [tokens, kvHeads, headDim]
 */
export function preconditionKeysReference(
  rows: Uint16Array,
  rotation: Float32Array,
  how: KeyPreconditioning,
  { kvHeads, headDim }: RowShape,
): Float32Array<ArrayBuffer> {
  const channels = kvHeads * headDim;
  const keys = new Float32Array(rows.length / 2);
  for (let at = 0; at < keys.length; at += headDim) {
    const token = Math.floor(at / channels);
    const first = token * 2 * channels + (at % channels);
    let head = Array.from(rows.subarray(first, first + headDim), f16ToF32);
    if (how.unrope) head = rotateHead(head, turnOf(rotation, token, headDim), -1);
    if (how.hadamard) head = walshHadamard(head);
    keys.set(head, at);
  }
  return keys;
}

/** The inverse, which overwrites the keys of `rows`. Shapes are those of `preconditionKeysReference`. */
export function recoverKeysReference(
  { rows, keys }: { rows: Uint16Array; keys: Float32Array },
  rotation: Float32Array,
  how: KeyPreconditioning,
  { kvHeads, headDim }: RowShape,
): void {
  const channels = kvHeads * headDim;
  for (let at = 0; at < keys.length; at += headDim) {
    const token = Math.floor(at / channels);
    let head = Array.from(keys.subarray(at, at + headDim));
    if (how.hadamard) head = walshHadamard(head);
    if (how.unrope) head = rotateHead(head, turnOf(rotation, token, headDim));
    rows.set(head.map(halfBits), token * 2 * channels + (at % channels));
  }
}

const turnOf = (rotation: Float32Array, token: number, headDim: number): Float32Array =>
  rotation.subarray(token * headDim, (token + 1) * headDim);

/**
 * Multiply each block of a head by the normalised Walsh-Hadamard matrix, which is its own inverse, by butterflies.
 * The last of them are between RoPE partners.
 */
function walshHadamard(head: readonly number[]): number[] {
  const block = hadamardBlock(head.length);
  const half = head.length / 2;
  let sums = [...head];
  const butterflies = (partnerOf: (d: number) => number) => {
    sums = sums.map((value, d) => {
      const partner = partnerOf(d);
      return d < partner ? value + (sums[partner] ?? NaN) : (sums[partner] ?? NaN) - value;
    });
  };
  for (let apart = 1; apart < block / 2; apart *= 2) butterflies((d) => d ^ apart);
  butterflies((d) => (d + half) % head.length);
  return sums.map((value) => value / Math.sqrt(block));
}
