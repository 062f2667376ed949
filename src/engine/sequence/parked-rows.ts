import type { Device, DeviceBuffer, CommandEncoder } from "../../device/device.ts";
import { storageBuffer } from "../../device/buffers.ts";
import { submit } from "../../device/commands.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import type { DeviceKind } from "../../protocol/engine-api.ts";
import { assert } from "../../shared/assert.ts";
import type { ResidentSequence, ResidentSnapshot } from "./resident-sequence.ts";

/**
 * The size that one buffer may have on every WebGPU device. It holds forty full contexts of Pip, or 2,300 tokens of a
 * model as wide as Qwen3-0.6B (112 KiB each), and is little beside such a model's weights.
 */
const PARKED_BYTES = 256 * 2 ** 20;

/** On the processor rows are in the memory that everything else needs. */
const PARKED_ON_PROCESSOR_BYTES = 64 * 2 ** 20;

/** How many bytes of rows are kept beside the cache, unless something else is asked for. */
export const parkedBytes = (kind: DeviceKind): number =>
  kind === "processor" ? PARKED_ON_PROCESSOR_BYTES : PARKED_BYTES;

interface Parked {
  /** [layers, tokens, 2, kvHeads, headDim] f16. */
  rows: DeviceBuffer;
  snapshot: ResidentSnapshot;
  /** Whether there was memory for it: WebGPU tells only afterwards. */
  isThere: Promise<boolean>;
}

/**
 * Rows of conversations that the KV cache held before, in GPU memory: coming back to one of them is a copy. Nothing
 * relies on them. The least recently parked rows go first, and all of them where memory is short.
 */
export class ParkedRows {
  readonly #device: Device;
  readonly #cache: KvCache;
  #budgetBytes: number;
  /** Parked rows by conversation, in the order in which they were parked. */
  readonly #parked = new Map<string, Parked>();

  constructor(device: Device, cache: KvCache, budgetBytes: number) {
    this.#device = device;
    this.#cache = cache;
    this.#budgetBytes = Math.min(budgetBytes, device.limits.maxBufferSize);
  }

  /** From now on, take at most this much GPU memory. */
  limit(budgetBytes: number): void {
    this.#budgetBytes = Math.min(budgetBytes, this.#device.limits.maxBufferSize);
    this.#makeRoom(0);
  }

  /** Whether the rows of this many tokens can be parked, if need be in place of all others. */
  hasRoomFor(tokens: number): boolean {
    return this.#bytesOf(tokens) <= this.#budgetBytes;
  }

  /** Bytes of GPU memory that parked rows take. */
  get bytes(): number {
    return [...this.#parked.values()].reduce((sum, { rows }) => sum + rows.size, 0);
  }

  /**
   * Copy the cache's rows of the sequence, as they are after what has been submitted so far, in place of
   * what was parked of the conversation. The copy is submitted and not waited for.
   */
  park(conversationId: string, sequence: ResidentSequence): void {
    this.forget(conversationId);
    const layerBytes = sequence.length * this.#cache.rowBytes;
    const bytes = this.#bytesOf(sequence.length);
    if (bytes === 0 || bytes > this.#budgetBytes) return;
    this.#makeRoom(bytes);
    this.#device.pushErrorScope("out-of-memory");
    this.#device.pushErrorScope("validation");
    const rows = storageBuffer(this.#device, "kv parked", bytes);
    this.#copy((encoder, layer, index) =>
      encoder.copyBufferToBuffer(layer, 0, rows, index * layerBytes, layerBytes),
    );
    const isThere = this.#endScopes();
    this.#parked.set(conversationId, { rows, snapshot: sequence.snapshot(), isThere });
  }

  /**
   * Put the rows of a parked conversation back into the cache; it is no longer parked then. Steps that are
   * submitted after this has resolved see them.
   *
   * @returns what is known of the rows; undefined, with the cache unchanged, if the conversation is not parked, or
   *   is no longer parked once that is known
   */
  async take(conversationId: string): Promise<ResidentSnapshot | undefined> {
    const parked = this.#parked.get(conversationId);
    if (!parked || !(await parked.isThere)) return undefined;
    if (this.#parked.get(conversationId) !== parked) return undefined;
    const { rows, snapshot } = parked;
    const layerBytes = rows.size / this.#cache.layers.length;
    this.#copy((encoder, layer, index) =>
      encoder.copyBufferToBuffer(rows, index * layerBytes, layer, 0, layerBytes),
    );
    this.forget(conversationId);
    return snapshot;
  }

  forget(conversationId: string): void {
    // Commands that have been submitted still see the buffer.
    this.#parked.get(conversationId)?.rows.destroy();
    this.#parked.delete(conversationId);
  }

  clear(): void {
    for (const conversationId of this.#parked.keys()) this.forget(conversationId);
  }

  #bytesOf(tokens: number): number {
    return tokens * this.#cache.rowBytes * this.#cache.layers.length;
  }

  #makeRoom(bytes: number): void {
    for (const conversationId of this.#parked.keys()) {
      if (this.bytes + bytes <= this.#budgetBytes) return;
      this.forget(conversationId);
    }
  }

  /** Ends the two error scopes around an allocation and its copy. If it failed, nothing is parked. */
  async #endScopes(): Promise<boolean> {
    const scopes = [this.#device.popErrorScope(), this.#device.popErrorScope()] as const;
    // Reading the scopes may reject where the device is lost.
    const errors = await Promise.all(scopes).catch(() => undefined);
    const [invalid, outOfMemory] = errors ?? [];
    // Without the memory the copy is invalid, too, and that says nothing more.
    assert(!invalid || outOfMemory, () => `parking rows: ${invalid?.message ?? ""}`);
    if (errors && !outOfMemory) return true;
    this.clear();
    return false;
  }

  #copy(each: (encoder: CommandEncoder, layer: DeviceBuffer, index: number) => void): void {
    submit(this.#device, (encoder) => {
      this.#cache.layers.forEach((layer, index) => each(encoder, layer, index));
    });
  }
}
