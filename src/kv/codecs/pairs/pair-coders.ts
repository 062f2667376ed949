import type { RowRun } from "../../../../shaders/rows/coded-layout.ts";
import { assert } from "../../../shared/assert.ts";
import { groupedBy } from "../../../shared/grouped-by.ts";
import { memoizeByKey } from "../../../shared/memoize.ts";
import type { LayerPair } from "../../sharing/select-pairs.ts";
import type { Bytes, CoderContext } from "../codec.ts";
import type { PairedCodec } from "./direction-coder.ts";
import { createPairCoder, type PairCoder } from "./pair-coder.ts";

/** A pair of layers, and what its directions are stored in. */
export interface PairInCodec extends LayerPair, PairedCodec {}

export interface CodedPair extends PairInCodec {
  coded: Bytes;
}

/** The pair coders of one cache, one of each codec that pairs are stored in. */
export class PairCoders {
  readonly #context: CoderContext;
  readonly #coders = new Map<string, Promise<PairCoder>>();

  constructor(context: CoderContext) {
    this.#context = context;
  }

  /**
   * Compiles what the coding of these pairs takes.
   *
   * @returns submits the coding of a run of each pair, and gives each pair's bytes by the layer that keeps
   */
  async encoder(
    pairs: readonly PairInCodec[],
  ): Promise<(run: RowRun) => Promise<ReadonlyMap<number, Bytes>>> {
    const coders = await this.#codersOf(pairs);
    return async (run) => {
      const parts = coders.map(async ({ coder, own }) => {
        const coded = await coder.encode(own, run);
        return coded.map((bytes, i) => [own[i]?.keep ?? -1, bytes] as const);
      });
      return new Map((await Promise.all(parts)).flat());
    };
  }

  /**
   * Compiles what the decoding of these pairs takes.
   *
   * @returns submits the decoding of a run of each pair; false if a pair has another length than a coder's
   */
  async decoder(pairs: readonly CodedPair[]): Promise<(run: RowRun) => boolean> {
    const coders = await this.#codersOf(pairs);
    return (run) => {
      for (const { coder, own } of coders) {
        const bytes = coder.codedBytes(run.tokens);
        if (own.some(({ coded }) => coded.length !== bytes)) return false;
        if (run.skip < run.tokens) for (const pair of own) coder.decode(pair, run, pair.coded);
      }
      return true;
    };
  }

  #codersOf<Pair extends PairInCodec>(
    pairs: readonly Pair[],
  ): Promise<{ coder: PairCoder; own: Pair[] }[]> {
    const byCodec = [...groupedBy(pairs, ({ codec }) => codec).values()];
    return Promise.all(
      byCodec.map(async (own) => {
        const [first] = own;
        assert(first !== undefined, "a group has a pair");
        return { coder: await this.#coder(first), own };
      }),
    );
  }

  #coder(paired: PairedCodec): Promise<PairCoder> {
    return memoizeByKey(this.#coders, paired.codec, () => createPairCoder(this.#context, paired));
  }
}
