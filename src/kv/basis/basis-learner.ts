import type { Hardware } from "../../device/device.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import type { HeadMoments } from "./basis-weighting.ts";
import type { LearnedGroup } from "./bind-row-statistics.ts";
import { weightedCovariance } from "./covariance.ts";
import { fitSide } from "./fit-basis.ts";
import type { KvCache } from "../cache/kv-cache.ts";
import type { Weightings } from "./model-weightings.ts";
import { RowStatistics } from "./row-statistics.ts";
import { covarianceOf, meanOf, renewedSketch, type SideStatistics } from "./side-statistics.ts";
import { decodeLearnedRows, encodeLearnedRows } from "./statistics-file.ts";
import { finishInSlices, type Slices, type Work } from "../../linalg/stepped-work.ts";
import { basisBytes } from "../codecs/transform/basis-file.ts";
import type {
  BasisGroup,
  BasisShape,
  BasisSide,
  TransformBasis,
} from "../codecs/transform-basis.ts";

/** The share of the weights' bytes that a basis may take (KVTC, arXiv:2511.01815: a few per cent). */
const MOST_SHARE = 0.08;
/** What a basis on the device has to be small for: weak components are as many as the strong ones are precise. */
const WIDE_COMPONENTS = 32;
/** The least tokens before a basis is worth fitting: in all, and for each component. */
const LEAST_TOKENS = 2000;
const TOKENS_A_COMPONENT = 4;

/**
 * The most components, the same for K and V of every group but for those that have fewer channels, with
 * which a basis takes no more than its share of the weights' bytes. It is 0 if even one is too many.
 */
export function ranksFor(
  weightBytes: number,
  shape: BasisShape,
  groups: readonly IndexRange[],
): LearnedGroup[] {
  const channelsOf = ({ start, end }: IndexRange) => (end - start) * shape.kvHeads * shape.headDim;
  const withMost = (most: number) =>
    groups.map((layers): LearnedGroup => {
      const count = Math.min(most, channelsOf(layers));
      return { layers, components: [count, count] };
    });
  const bytesOf = (most: number) =>
    basisBytes(
      { ...shape, wideComponents: WIDE_COMPONENTS },
      withMost(most).map(({ layers, components }) => {
        return { layers: layers.end - layers.start, components };
      }),
    );
  let [fits, tooMany] = [0, Math.max(...groups.map(channelsOf)) + 1];
  while (tooMany - fits > 1) {
    const most = Math.floor((fits + tooMany) / 2);
    if (bytesOf(most) <= MOST_SHARE * weightBytes) fits = most;
    else tooMany = most;
  }
  return withMost(fits);
}

/** Learns a transform basis from the rows that chats leave in the cache. They stay on the device. */
export class BasisLearner {
  readonly #statistics: RowStatistics;
  readonly #shape: BasisShape;

  /**
   * @param groups in the order of layers, without gaps (`ranksFor`)
   * @param frequencies RoPE's angle per position: [headDim / 2], in radians
   */
  static async create(
    hardware: Hardware,
    cache: KvCache,
    groups: readonly LearnedGroup[],
    frequencies: readonly number[],
  ): Promise<BasisLearner> {
    const areWanted = groups.every(({ components }) => components.every((count) => count > 0));
    assert(areWanted, "no components are to be learned");
    const statistics = await RowStatistics.create(hardware, cache, groups, frequencies);
    return new BasisLearner(statistics, cache.shape);
  }

  private constructor(statistics: RowStatistics, { kvHeads, headDim }: BasisShape) {
    this.#statistics = statistics;
    this.#shape = { kvHeads, headDim };
  }

  /** Tokens seen since the beginning, or since the sketches were renewed. */
  get tokens(): number {
    return this.#statistics.tokens;
  }

  /** Whether enough tokens were seen for a basis. */
  get isReady(): boolean {
    const counts = this.#statistics.groups.flatMap(({ components }) => components);
    return this.tokens >= Math.max(LEAST_TOKENS, TOKENS_A_COMPONENT * Math.max(...counts));
  }

  /**
   * Submits the learning of rows of every layer, as they are after what was submitted, and does not wait for it.
   *
   * @param rows exact ones: rows that a codec has changed would teach its errors
   */
  learnRun(rows: IndexRange): void {
    this.#statistics.add(rows);
  }

  /**
   * A basis of what was seen until now. One group at a time is read and fitted, in slices of work.
   *
   * @returns undefined when aborted
   */
  async fit(
    weightings: Weightings,
    { signal, sliceMs }: Slices = {},
  ): Promise<TransformBasis | undefined> {
    assert(this.tokens > 0, "nothing was learned yet");
    const slices = { signal, ...(sliceMs !== undefined && { sliceMs }) };
    const groups: BasisGroup[] = [];
    for (const [index, { layers, components }] of this.#statistics.groups.entries()) {
      if (signal?.aborted) return undefined;
      const [ofKeys, ofValues] = await this.#statistics.read(index);
      const fitted = async (side: SideStatistics, all: Float32Array, rank: number) =>
        finishInSlices(fitLearned(side, this.#weightingOf(all, layers), rank), slices);
      const keys = await fitted(ofKeys, weightings.keys, components[0]);
      const values = keys && (await fitted(ofValues, weightings.values, components[1]));
      if (!values) return undefined;
      groups.push({ layers, keys, values });
    }
    return { ...this.#shape, wideComponents: WIDE_COMPONENTS, groups };
  }

  /**
   * Begins sketched groups again with sketches nearer to the strongest directions. What they have seen is
   * forgotten, and `isReady` is false for a while. Groups whose covariance is kept go on.
   *
   * @returns false when aborted: some groups may have begun again then
   */
  async renew(weightings: Weightings, slices: Slices = {}): Promise<boolean> {
    for (const [index, { layers }] of this.#statistics.groups.entries()) {
      const statistics = await this.#statistics.read(index);
      if (!statistics.some(({ sketch }) => sketch)) continue;
      const sketches: (Float32Array<ArrayBuffer> | undefined)[] = [];
      for (const [i, side] of statistics.entries()) {
        const all = i === 0 ? weightings.keys : weightings.values;
        const work = renewedSketch(side, this.#weightingOf(all, layers));
        const sketch = side.sketch && (await finishInSlices(work, slices));
        if (side.sketch && !sketch) return false;
        sketches.push(sketch);
      }
      this.#statistics.renew(index, [sketches[0], sketches[1]]);
    }
    return true;
  }

  /** What was learned, as bytes to go on from after a reload. @param queries query moments to keep with it */
  async toBytes(queries?: HeadMoments): Promise<Uint8Array<ArrayBuffer>> {
    const groups = [];
    for (const index of this.#statistics.groups.keys())
      groups.push(await this.#statistics.read(index));
    return encodeLearnedRows({ groups, ...(queries && { queries }) });
  }

  /**
   * Goes on from such bytes, in place of what was learned until now.
   *
   * @returns the query moments kept with it, if any. Undefined, and nothing is changed, if they are no such
   *   bytes, or those of other groups
   */
  fromBytes(bytes: Uint8Array<ArrayBuffer>): { queries?: HeadMoments } | undefined {
    const learned = decodeLearnedRows(bytes);
    if (!learned || !this.#statistics.restore(learned.groups)) return undefined;
    return learned.queries ? { queries: learned.queries } : {};
  }

  /** Frees the buffers. */
  destroy(): void {
    this.#statistics.destroy();
  }

  #weightingOf(all: Float32Array, { start, end }: IndexRange): Float32Array {
    const layer = this.#shape.kvHeads * this.#shape.headDim ** 2;
    assert(all.length >= end * layer, "the weighting is another model's");
    return all.slice(start * layer, end * layer);
  }
}

function* fitLearned(side: SideStatistics, weighting: Float32Array, rank: number): Work<BasisSide> {
  const covariance = weightedCovariance(yield* covarianceOf(side), weighting);
  return yield* fitSide({ mean: meanOf(side), weighting, covariance }, rank);
}
