import { assert } from "../../../shared/assert.ts";
import type { MemoryRange, ProcessorMemory } from "../../processor-memory.ts";

const RANGES = new WeakMap<ProcessorMemory, MemoryRange>();

/** More than most dispatches need, so that memory is asked for once. */
const LEAST_BYTES = 2 ** 18;

/**
 * The address of memory that all threads read, for what is computed once in a dispatch. It is the same for all kernels,
 * because dispatches run one after another, and holds nothing from one to the next.
 *
 * @throws if there is no memory
 */
export function sharedScratch(memory: ProcessorMemory, bytes: number): number {
  const known = RANGES.get(memory);
  if (known && known.size >= bytes) return known.at;
  if (known) memory.free(known);
  const range = memory.allocate(Math.max(bytes, LEAST_BYTES));
  assert(range !== undefined, `there is no memory for ${bytes} bytes`);
  RANGES.set(memory, range);
  return range.at;
}
