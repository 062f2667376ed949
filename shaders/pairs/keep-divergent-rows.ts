import type { Grid, KernelSource } from "../../src/device/kernel.ts";
import { assert } from "../../src/shared/assert.ts";
import type { RowShape } from "../rows/coded-layout.ts";
import { mergedLayoutSnippet, type MergedRun, type RowPair } from "./merged-layout.ts";
import wgsl from "./keep-divergent-rows.wgsl?raw";

export type KeepDivergentRowsBinding =
  "divergence" | "keep" | "share" | "kept_tokens" | "kept_rows" | "run";

/** Most tokens of a run. Their ranks lie in workgroup memory, of which every device has at least 16 KiB. */
const MOST_TOKENS = 2048;

export function keepDivergentRowsSource(
  shape: RowShape,
  maxTokens: number,
): KernelSource<KeepDivergentRowsBinding> {
  assert(maxTokens <= MOST_TOKENS, `${maxTokens} tokens are more than ${MOST_TOKENS}`);
  const shared = mergedLayoutSnippet(shape);
  return {
    label: "keep-divergent-rows",
    name: "keep-divergent-rows",
    wgsl: [...shared.wgsl, wgsl],
    constants: { ...shared.constants, MAX_TOKENS: maxTokens },
    bindings: {
      divergence: "read",
      keep: "read",
      share: "read",
      kept_tokens: "write",
      kept_rows: "write",
      run: "uniform",
    },
  };
}

/** One workgroup for each kept token. */
export const keepDivergentRowsGrid = ({ kept }: MergedRun): Grid => [kept];

/** How many tokens are kept, rounded up. @param share share of the tokens to keep, 0 to 1 */
export function keptCount(share: number, tokens: number): number {
  assert(share >= 0 && share <= 1, `${share} is not a share`);
  // In floating point 0.07 of 100 tokens is slightly more than 7, and must not become 8.
  return Math.ceil(share * tokens - 1e-9);
}

export interface KeptRows {
  /** Numbers of the kept tokens, counted from the run's first token, ascending. */
  tokens: Uint32Array<ArrayBuffer>;
  /** Rows of the kept tokens in either layer: f16 bits [kept, row]. */
  rows: RowPair;
}

/**
 * The kernel's results, computed in plain loops.
 *
 * @param pair rows of either layer: f16 bits [tokens, row]
 * @param divergence [tokens, vectors]
 */
export function keepDivergentRowsReference(
  pair: RowPair,
  divergence: Float64Array | Float32Array,
  { tokens, skip, kept }: Omit<MergedRun, "start">,
): KeptRows {
  const vectors = divergence.length / tokens;
  const ofToken = Array.from({ length: tokens }, (_, token) =>
    token < skip ? -1 : Math.max(...divergence.subarray(token * vectors, (token + 1) * vectors)),
  );
  const mostFirst = (a: number, b: number) => (ofToken[b] ?? NaN) - (ofToken[a] ?? NaN) || a - b;
  const all = Uint32Array.from({ length: tokens }, (_, token) => token);
  const most = all.sort(mostFirst).slice(0, kept).sort();
  return { tokens: most, rows: [rowsAt(pair[0], most, tokens), rowsAt(pair[1], most, tokens)] };
}

function rowsAt(rows: Uint16Array, at: Uint32Array, tokens: number): Uint16Array<ArrayBuffer> {
  const size = rows.length / tokens;
  const some = new Uint16Array(at.length * size);
  at.forEach((token, i) => {
    some.set(rows.subarray(token * size, (token + 1) * size), i * size);
  });
  return some;
}
