import { isSameModel, type CachedRows, type ParkingModel } from "./sequence/prepared-model.ts";

/** What holds the rows of conversations: the cache those of one, and parked beside it those of others. */
type HoldingModel = Pick<CachedRows, "cache" | "resident"> & ParkingModel;

/** The conversation whose rows the model's cache holds, as far as they go. */
export class CachedConversation {
  #held: { model: HoldingModel; conversationId: string } | undefined;
  /** The most bytes that may be parked, if another number than the model's own was asked for. */
  #parkedBytes: number | undefined;

  is(model: HoldingModel, conversationId: string): boolean {
    const held = this.#held;
    return held?.conversationId === conversationId && isSameModel(held.model, model);
  }

  /** Whether another conversation can take the cache and this one come back to it by a copy. */
  get canComeBack(): boolean {
    const { model } = this.#held ?? {};
    return model === undefined || model.parked.hasRoomFor(model.resident.length);
  }

  /** From now on, park at most this many bytes of rows. */
  limitParked(bytes: number): void {
    this.#parkedBytes = bytes;
    this.#held?.model.parked.limit(bytes);
  }

  /** The cache becomes this conversation's. The one that had it stays on the GPU beside it, if there is room. */
  async replaceBy(model: HoldingModel, conversationId: string): Promise<void> {
    if (this.is(model, conversationId)) return;
    const { parked, resident } = model;
    if (this.#parkedBytes !== undefined) parked.limit(this.#parkedBytes);
    const before = this.#held;
    if (before && isSameModel(before.model, model)) parked.park(before.conversationId, resident);
    this.#held = { model, conversationId };
    const rows = await parked.take(conversationId);
    if (rows) resident.restoreFrom(rows);
  }

  /** The model is gone. */
  forget(): void {
    this.#held = undefined;
  }
}
