import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { halfBits, halfValue } from "../exact-f16.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import type { KeptRows } from "./keep-divergent-rows.ts";
import { mergedLayoutSnippet, type MergedRun, type RowPair } from "./merged-layout.ts";
import type { MergedVectors } from "./merge-rows.ts";
import wgsl from "./unmerge-rows.wgsl?raw";

export type UnmergeRowsBinding =
  "directions" | "magnitudes" | "kept_tokens" | "kept_rows" | "keep" | "share" | "run";

export function unmergeRowsSource(shape: RowShape): KernelSource<UnmergeRowsBinding> {
  const shared = mergedLayoutSnippet(shape);
  return {
    label: "unmerge-rows",
    name: "unmerge-rows",
    wgsl: [...shared.wgsl, wgsl],
    constants: shared.constants,
    bindings: {
      directions: "read",
      magnitudes: "read",
      kept_tokens: "read",
      kept_rows: "read",
      keep: "write",
      share: "write",
      run: "uniform",
    },
  };
}

/** Quads that an invocation makes for each of the two layers. */
const SPAN = 4;

export function unmergeRowsGrid({ kvHeads, headDim }: RowShape, { tokens }: MergedRun): Grid {
  const rowQuads = (kvHeads * headDim) / 2;
  return [Math.ceil((tokens * Math.ceil(rowQuads / SPAN)) / 64)];
}

/**
 * The kernel's results in plain loops, bit for bit. Skipped tokens are parted too.
 *
 * @param merged merged vectors of all tokens of a run: [tokens, vectors, …]
 * @returns f16 bits [tokens, vectors, headDim] of either layer
 */
export function unmergeRowsReference(
  { directions, magnitudes }: Omit<MergedVectors, "divergence">,
  kept: KeptRows,
  headDim: number,
  tokens: number,
): RowPair {
  const size = directions.length / tokens;
  const layer = (which: 0 | 1): Uint16Array<ArrayBuffer> => {
    const rows = directions.map((code, i) => {
      const magnitude = magnitudes[2 * Math.floor(i / headDim) + which] ?? NaN;
      return halfBits(halfValue(code) * halfValue(magnitude));
    });
    kept.tokens.forEach((token, i) => {
      // Only a damaged value names a token outside the run.
      if (token >= tokens) return;
      rows.set(kept.rows[which].subarray(i * size, (i + 1) * size).map(finite), token * size);
    });
    return rows;
  };
  return [layer(0), layer(1)];
}

const finite = (code: number): number => (code & 0x8000) | Math.min(code & 0x7fff, 0x7bff);
