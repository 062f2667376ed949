import type { Device, DeviceBuffer, CommandEncoder } from "../../device/device.ts";
import { storageBuffer } from "../../device/buffers.ts";

/** Tokens at consecutive positions, from `position` on. */
interface Positions {
  position: number;
  tokens: number;
}

/**
 * Hidden states that some layers left, [context, hidden] f32, kept by position until the following layers run. The
 * buffer is allocated when a step first ends between layers.
 */
export class HiddenStates {
  readonly #device: Device;
  /** The residual stream of a step, [tokens, hidden] f32. */
  readonly #x: DeviceBuffer;
  readonly #shape: { hidden: number; contextTokens: number };
  #kept: DeviceBuffer | undefined;

  constructor(device: Device, x: DeviceBuffer, shape: { hidden: number; contextTokens: number }) {
    this.#device = device;
    this.#x = x;
    this.#shape = shape;
  }

  /** Copies what the step leaves. */
  keep(encoder: CommandEncoder, positions: Positions): void {
    const { kept, offset, bytes } = this.#placeOf(positions);
    encoder.copyBufferToBuffer(this.#x, 0, kept, offset, bytes);
  }

  /** Gives a step what an earlier one left of its tokens. */
  load(encoder: CommandEncoder, positions: Positions): void {
    const { kept, offset, bytes } = this.#placeOf(positions);
    encoder.copyBufferToBuffer(kept, offset, this.#x, 0, bytes);
  }

  #placeOf({ position, tokens }: Positions) {
    const { hidden, contextTokens } = this.#shape;
    const rowBytes = hidden * 4;
    const kept = (this.#kept ??= storageBuffer(
      this.#device,
      "hidden states",
      contextTokens * rowBytes,
    ));
    return { kept, offset: position * rowBytes, bytes: tokens * rowBytes };
  }
}
