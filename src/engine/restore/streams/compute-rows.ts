import { prefill } from "../../../model/forward/prefill.ts";
import type { IndexRange } from "../../../shared/index-range.ts";
import type { CachedRows, RestorableModel } from "../../sequence/prepared-model.ts";

interface RowsToCompute {
  tokens: readonly number[];
  /** Position of the first token. */
  position: number;
  layers: IndexRange;
  /** Ends it between two submissions. */
  signal: AbortSignal;
  /** Compute as a GPU that takes this many times as long. */
  slowdown: number;
  /** Called with how many tokens were run so far. */
  onStep?: (tokens: number) => void;
}

/**
 * Runs tokens through layers whose weights are there, to get their K and V into the cache. Resolves when the GPU
 * has done it, and learns what that took.
 *
 * @returns how many tokens were run (fewer than given only after `signal`), and when, by `performance.now()`
 */
export async function computeRows(
  {
    hardware,
    layers: { transformer, rowLayers },
    restorationCosts,
  }: Pick<CachedRows, "hardware"> & RestorableModel,
  { tokens, position, layers, signal, slowdown, onStep }: RowsToCompute,
): Promise<{ tokens: number; busy: { startMs: number; endMs: number } }> {
  if (!transformer) throw new Error("invariant: no layer runs before its kernels are there");
  const startMs = performance.now();
  const isWhole = layers.start === 0 && layers.end === rowLayers;
  const run = await prefill(hardware.device, transformer, Uint32Array.from(tokens), {
    start: position,
    output: "none",
    signal,
    slowdown,
    ...(!isWhole && { layers }),
    ...(onStep && { onStep }),
  });
  await hardware.device.queue.onSubmittedWorkDone();
  const endMs = performance.now();
  const sample = { tokens: run, position, layers: layers.end - layers.start, ms: endMs - startMs };
  restorationCosts.learnPrefill(sample);
  return { tokens: run, busy: { startMs, endMs } };
}
