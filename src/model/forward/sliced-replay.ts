import type { WaitedDevice } from "../../device/device.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { FIRST_SLICE, nextSlice, type ReplaySlice } from "./replay-pace.ts";
import type { Transformer } from "./transformer.ts";

/** Known tokens, at consecutive positions. */
interface ReplayedTokens {
  tokens: Uint32Array<ArrayBuffer>;
  /** Position of the first token. */
  start: number;
  /** Ends the replay; it is looked at between pieces, none of which takes much longer than `SLICE_MS`. */
  signal: AbortSignal;
}

/**
 * Runs known tokens through the model (teacher forcing), layer by layer: between two layers other rows may be put into
 * the cache. It writes the rows of the tokens, as a prefill does.
 */
export class SlicedReplay {
  readonly #device: WaitedDevice;
  readonly #transformer: Pick<Transformer, "replayLayers" | "replayLogits" | "replayTokens">;
  readonly #replayed: ReplayedTokens;
  readonly #layers: number;
  /** How much is run at once: of the layers, and of the head, which counts as one layer. */
  #slice: ReplaySlice = FIRST_SLICE;
  #headSlice: ReplaySlice = FIRST_SLICE;

  /** @param layers of the model */
  constructor(
    device: WaitedDevice,
    transformer: Pick<
      Transformer,
      "replayLayers" | "replayLogits" | "replayTokens" | "replayedTokens" | "stepTokens"
    >,
    layers: number,
    replayed: ReplayedTokens,
  ) {
    const { length } = replayed.tokens;
    assert(length > 0, "nothing to replay");
    assert(length <= Math.min(transformer.replayedTokens, transformer.stepTokens), `${length}`);
    this.#device = device;
    this.#transformer = transformer;
    this.#layers = layers;
    this.#replayed = replayed;
  }

  /**
   * Runs all tokens through some layers, which follow on those that they were run through before, or begin with the
   * first.
   *
   * @returns false if the signal was aborted
   */
  async run({ start, end }: IndexRange): Promise<boolean> {
    const most = { tokens: this.#replayed.tokens.length, layers: this.#layers };
    for (let layer = start; layer < end;) {
      const layers = { start: layer, end: Math.min(layer + this.#slice.layers, end) };
      const size = layers.end - layers.start;
      const done = await this.#eachStep(() => this.#slice.tokens, async (tokens, at) => {
        const begun = performance.now();
        const position = this.#replayed.start + at;
        this.#transformer.replayLayers(tokens, position, { layers, at });
        await this.#device.queue.onSubmittedWorkDone();
        // A shorter piece, at the end of the layers or tokens, says little of how long a whole one takes.
        if (size === this.#slice.layers && tokens.length === this.#slice.tokens)
          this.#slice = nextSlice(this.#slice, performance.now() - begun, most);
      });
      if (!done) return false;
      layer = layers.end;
    }
    return true;
  }

  /**
   * The logits after each token, once all layers were run. Few of them are there at a time.
   *
   * @param visit gets the index of each token, and its logits, [activeVocab], which are its own to keep
   * @returns false if the signal was aborted
   */
  async logits(visit: (token: number, logits: Float32Array) => void): Promise<boolean> {
    const { tokens, start } = this.#replayed;
    const most = { tokens: Math.min(tokens.length, this.#transformer.replayTokens), layers: 1 };
    const stepTokens = () => Math.min(this.#headSlice.tokens, most.tokens);
    return this.#eachStep(stepTokens, async (step, at) => {
      const begun = performance.now();
      const logits = await this.#transformer.replayLogits(step, start + at, { at });
      if (step.length === stepTokens())
        this.#headSlice = nextSlice(this.#headSlice, performance.now() - begun, most);
      for (const [i, one] of logits.entries()) visit(at + i, one);
    });
  }

  /** @param stepTokens how many tokens the next step has */
  async #eachStep(
    stepTokens: () => number,
    run: (tokens: Uint32Array<ArrayBuffer>, at: number) => Promise<void>,
  ): Promise<boolean> {
    const { tokens, signal } = this.#replayed;
    for (let at = 0; at < tokens.length;) {
      if (signal.aborted) return false;
      const step = tokens.slice(at, at + stepTokens());
      await run(step, at);
      at += step.length;
    }
    return true;
  }
}
