import { assert } from "../../src/shared/assert.ts";
import type { RowRun, RowShape } from "../rows/coded-layout.ts";
import exactF16 from "../exact-f16.wgsl?raw";
import mergedLayoutWgsl from "./merged-layout.wgsl?raw";

/** A run of rows of two layers that are merged. */
export interface MergedRun extends RowRun {
  /** Number of tokens whose rows are kept unmerged for both layers. */
  kept: number;
}

/** The `run` uniform: u32 start, tokens, skip, kept. */
export function mergedRunParams(run: MergedRun): Uint32Array<ArrayBuffer> {
  const { start, tokens, skip, kept } = run;
  assert(tokens > 0 && skip >= 0 && skip <= tokens, `${skip} of ${tokens} rows are skipped`);
  assert(kept >= 0 && kept <= tokens, `${kept} of ${tokens} rows are kept`);
  return Uint32Array.of(start, tokens, skip, kept);
}

/** WGSL and constants that the kernels of this room begin with. */
export function mergedLayoutSnippet({ kvHeads, headDim }: RowShape): {
  wgsl: string[];
  constants: Record<string, number>;
} {
  assert(headDim % 4 === 0, `head dimension ${headDim} is not a multiple of 4`);
  return {
    wgsl: [exactF16, mergedLayoutWgsl],
    constants: { KV_HEADS: kvHeads, HEAD_DIM: headDim },
  };
}

/** f16 bits of rows of `keep` and of `share`. */
export type RowPair = readonly [Uint16Array<ArrayBuffer>, Uint16Array<ArrayBuffer>];
