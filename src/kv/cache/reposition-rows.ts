import type { Device } from "../../device/device.ts";
import {
  repositionGrid,
  repositionParams,
  repositionSource,
  rotationBetween,
} from "../../../shaders/rows/reposition.ts";
import { storageBuffer, uploadUniform } from "../../device/buffers.ts";
import { dispatchAll, submit } from "../../device/commands.ts";
import { bindKernel, compileKernel, type BoundKernel } from "../../device/kernel.ts";
import { assert } from "../../shared/assert.ts";
import type { RowMove } from "../../shared/row-move.ts";
import type { KvCache, KvShape } from "./kv-cache.ts";

/** Moves rows of a KV cache to lower positions, in every layer. */
export interface RowMover {
  /**
   * Submits the moves and does not wait for them. Every key is rounded to f16 once; values stay as they are.
   *
   * @param moves in ascending order, their sources disjoint, each to a place below its source and past
   *   the destination before
   */
  apply(moves: readonly RowMove[]): void;
}

/**
 * Compiles the kernel and binds it to every layer of the cache, once.
 *
 * @param frequencies RoPE's angle per position: [headDim / 2], in radians
 */
export async function createRowMover(
  device: Device,
  cache: KvCache,
  frequencies: readonly number[],
): Promise<RowMover> {
  const { shape } = cache;
  assert(frequencies.length * 2 === shape.headDim, `${frequencies.length} frequencies`);
  const rotation = storageBuffer(device, "reposition rotation", shape.headDim * 4);
  const shift = uploadUniform(device, "reposition", new Uint32Array(3));
  const kernel = await compileKernel(device, repositionSource(shape));
  const layers = cache.layers.map((layer) =>
    bindKernel(device, kernel, { rotation, cache: layer, shift }),
  );
  return {
    apply(moves) {
      assertInOrder(moves, shape.contextTokens);
      for (const move of moves) {
        device.queue.writeBuffer(rotation, 0, rotationBetween(frequencies, move));
        device.queue.writeBuffer(shift, 0, repositionParams(move));
        submitMove(device, layers, shape, move);
      }
    },
  };
}

function submitMove(
  device: Device,
  layers: readonly BoundKernel[],
  shape: KvShape,
  move: RowMove,
): void {
  const grid = repositionGrid(shape, move);
  const stages = layers.map((bound) => ({ bound, grid: () => grid }));
  submit(device, (encoder) => {
    dispatchAll(encoder, stages);
  });
}

/** The moves in an order in which none overwrites what a later one reads. */
function assertInOrder(moves: readonly RowMove[], contextTokens: number): void {
  let sourceEnd = 0;
  let placeEnd = 0;
  for (const { from, to, tokens } of moves) {
    assert(from >= sourceEnd && to >= placeEnd, `the move from ${from} to ${to} is out of order`);
    sourceEnd = from + tokens;
    placeEnd = to + tokens;
    assert(sourceEnd <= contextTokens, `there is no row ${sourceEnd - 1}`);
  }
}
