import { assert } from "../../../shared/assert.ts";
import type { MemoryRange, ProcessorMemory } from "../../processor-memory.ts";

/** The workspace of each memory. */
const workspaces = new WeakMap<ProcessorMemory, MemoryRange>();

/**
 * Memory that a dispatch may use until it returns. Dispatches run one after the other, so that all of a memory share
 * one workspace, which grows to what the largest has needed.
 */
export function workspace(memory: ProcessorMemory, bytes: number): MemoryRange {
  const before = workspaces.get(memory);
  if (before && before.size >= bytes) return before;
  if (before) memory.free(before);
  workspaces.delete(memory);
  const range = memory.allocate(bytes);
  assert(range !== undefined, `there is no memory for ${bytes} bytes of workspace`);
  workspaces.set(memory, range);
  return range;
}
