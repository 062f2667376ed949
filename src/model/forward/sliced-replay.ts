import type { WaitedDevice } from "../../device/device.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { FIRST_SLICE, nextSlice, type ReplaySlice } from "./replay-pace.ts";
import type { Transformer } from "./transformer.ts";

type ReplayingTransformer = Pick<
  Transformer,
  "replayLayers" | "replayLogits" | "replayTokens" | "replayedTokens" | "stepTokens"
>;

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
  readonly #transformer: ReplayingTransformer;
  readonly #replayed: ReplayedTokens;
  /** The most that may be run at once, and how much is: of the layers, and of the head, which is as one layer. */
  readonly #most: { body: ReplaySlice; head: ReplaySlice };
  #body: ReplaySlice;
  #head: ReplaySlice;

  /** @param layers of the model */
  constructor(
    device: WaitedDevice,
    transformer: ReplayingTransformer,
    layers: number,
    replayed: ReplayedTokens,
  ) {
    const { length } = replayed.tokens;
    assert(length > 0 && length <= transformer.replayedTokens, `${length} tokens to replay`);
    this.#device = device;
    this.#transformer = transformer;
    this.#replayed = replayed;
    const { stepTokens, replayTokens } = transformer;
    this.#most = {
      body: { tokens: Math.min(length, stepTokens), layers },
      head: { tokens: Math.min(length, replayTokens), layers: 1 },
    };
    const { body, head } = this.#most;
    this.#body = { ...FIRST_SLICE, tokens: Math.min(FIRST_SLICE.tokens, body.tokens) };
    this.#head = { ...FIRST_SLICE, tokens: Math.min(FIRST_SLICE.tokens, head.tokens) };
  }

  /**
   * Runs all tokens through some layers, which follow on those that they were run through before, or begin with the
   * first.
   *
   * @returns false if the signal was aborted
   */
  async run({ start, end }: IndexRange): Promise<boolean> {
    for (let layer = start; layer < end;) {
      const layers = { start: layer, end: Math.min(layer + this.#body.layers, end) };
      const isDone = await this.#eachStep(
        () => this.#body.tokens,
        async (tokens, at) => {
          this.#body = await this.#timed(this.#body, this.#most.body, async () => {
            this.#transformer.replayLayers(tokens, this.#replayed.start + at, { layers, at });
            await this.#device.queue.onSubmittedWorkDone();
            return { tokens: tokens.length, layers: layers.end - layers.start };
          });
        },
      );
      if (!isDone) return false;
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
    return this.#eachStep(
      () => this.#head.tokens,
      async (tokens, at) => {
        let logits: Float32Array[] = [];
        this.#head = await this.#timed(this.#head, this.#most.head, async () => {
          const position = this.#replayed.start + at;
          logits = await this.#transformer.replayLogits(tokens, position, { at });
          return { tokens: tokens.length, layers: 1 };
        });
        for (const [i, one] of logits.entries()) visit(at + i, one);
      },
    );
  }

  /** The size of the next piece. @param run runs a piece, which may be smaller than `slice` at the end, and says its size */
  async #timed(
    slice: ReplaySlice,
    most: ReplaySlice,
    run: () => Promise<ReplaySlice>,
  ): Promise<ReplaySlice> {
    const begun = performance.now();
    const { tokens, layers } = await run();
    // How long a smaller piece takes says little of a whole one.
    const isWhole = tokens === slice.tokens && layers === slice.layers;
    return isWhole ? nextSlice(slice, performance.now() - begun, most) : slice;
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
