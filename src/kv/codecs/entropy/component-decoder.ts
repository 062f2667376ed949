import type { Device, DeviceBuffer } from "../../../device/device.ts";
import type {
  ComponentBlock,
  ComponentVariant,
} from "../../../../shaders/transform/component-block.ts";
import { componentTables } from "../../../../shaders/transform/component-tables.ts";
import {
  componentParams,
  decodeComponentsGrid,
  decodeComponentsSource,
} from "../../../../shaders/transform/decode-components.ts";
import { storageBuffer, uploadStorage } from "../../../device/buffers.ts";
import type { Stage } from "../../../device/commands.ts";
import { bindKernel, compileKernel } from "../../../device/kernel.ts";
import { assert } from "../../../shared/assert.ts";

/** Decodes blocks of components of one variant on the GPU, all into the same buffer. */
export interface ComponentDecoder {
  /**
   * Uploads a block. The next dispatch decodes it, after all that the queue has been given before.
   *
   * @param bytes of the block, which are whole words
   */
  load(block: ComponentBlock, bytes: Uint8Array<ArrayBuffer>): Stage;
  destroy(): void;
}

/** The bytes that blocks have room for at first: twice those of a common one. */
const FIRST_BYTES = 2 ** 14;

/** @param codes [live, tokens] f32: the last block that was decoded. The caller owns it */
export async function createComponentDecoder(
  device: Device,
  variant: ComponentVariant,
  codes: DeviceBuffer,
): Promise<ComponentDecoder> {
  const kernel = await compileKernel(device, decodeComponentsSource(variant));
  const tables = uploadStorage(device, "component tables", componentTables().slots);
  let block = storageBuffer(device, "component block", FIRST_BYTES);
  let params = storageBuffer(device, "component params", FIRST_BYTES);
  let bound = bindKernel(device, kernel, { block, params, tables, codes });
  const makeRoom = (blockBytes: number, paramsBytes: number): void => {
    if (blockBytes <= block.size && paramsBytes <= params.size) return;
    // Commands that were submitted keep the old buffers alive.
    block.destroy();
    params.destroy();
    block = storageBuffer(device, "component block", Math.max(block.size, 2 * blockBytes));
    params = storageBuffer(device, "component params", Math.max(params.size, 2 * paramsBytes));
    bound = bindKernel(device, kernel, { block, params, tables, codes });
  };
  return {
    load(parsed, bytes) {
      assert(parsed.variant === variant, `a block of ${parsed.variant} codes`);
      const words = componentParams(parsed);
      makeRoom(bytes.length, words.byteLength);
      device.queue.writeBuffer(block, 0, bytes);
      device.queue.writeBuffer(params, 0, words);
      return { bound, grid: () => decodeComponentsGrid(parsed) };
    },
    destroy() {
      for (const buffer of [tables, block, params]) buffer.destroy();
    },
  };
}
