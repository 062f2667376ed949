import type { Hardware } from "../../device/device.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { sensitiveWeighting, type HeadMoments } from "./basis-weighting.ts";
import { evenParts } from "./choose-groups.ts";
import { blendedCovariance, weightedVariances, type SidePrior } from "./blended-covariance.ts";
import type { LearnedGroup } from "./bind-row-statistics.ts";
import { weightedCovariance } from "./covariance.ts";
import { fitSide } from "./fit-basis.ts";
import type { KvCache } from "../cache/kv-cache.ts";
import type { Weightings } from "./model-weightings.ts";
import { RowStatistics } from "./row-statistics.ts";
import {
  meanOf,
  partOfSide,
  renewedSketch,
  seenMoments,
  type SideStatistics,
} from "./side-statistics.ts";
import { decodeLearnedRows, encodeLearnedRows } from "./statistics-file.ts";
import { finishInSlices, type Slices, type Work } from "../../linalg/stepped-work.ts";
import type {
  BasisGroup,
  BasisShape,
  BasisSide,
  TransformBasis,
} from "../codecs/transform-basis.ts";

/** What an error in each layer does: KL of the next token per squared error, as a share of the layer's own variance. */
export interface LayerHarm {
  keys: readonly number[];
  values: readonly number[];
}

/** What a basis is fitted with besides the rows that were seen. */
export interface FitTerms {
  /** The space in which errors are equal within a layer. */
  weightings: Weightings;
  /** How much each layer counts. If it is absent, the weightings say so already. */
  harm?: LayerHarm;
  /** What the weights say of K and V of these layers. If it is absent, only what was seen counts. */
  priorOf?: (layers: IndexRange) => Promise<readonly [SidePrior, SidePrior]>;
  /**
   * The most layers that are transformed together. Fewer than the groups have make a basis that is fitted sooner, and
   * with which rows take more bytes. Groups of which only a sketch is known are not parted.
   */
  mostLayers?: number;
}

/** Layers that are transformed together, and the group whose statistics they are part of. */
interface FittedPart extends LearnedGroup {
  group: number;
}

/** Learns a transform basis from the rows that chats leave in the cache. They stay on the device. */
export class BasisLearner {
  readonly #statistics: RowStatistics;
  readonly #shape: BasisShape;
  /** The groups of a fit that was aborted. */
  #begun: { terms: Pick<FitTerms, "weightings" | "mostLayers">; groups: BasisGroup[] } | undefined;

  /**
   * @param groups in the order of layers, without gaps (`chooseGroups`)
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

  /**
   * Submits the learning of rows of every layer, as they are after what was submitted, and does not wait for it.
   *
   * @param rows exact ones: rows that a codec has changed would teach its errors
   */
  learnRun(rows: IndexRange): void {
    this.#statistics.add(rows);
  }

  /**
   * A basis of what was seen until now. One group at a time is read and fitted, in slices of work. What was fitted
   * before it was aborted is not fitted again if it is asked for with the same weightings.
   *
   * @returns undefined when aborted
   */
  async fit(
    terms: FitTerms,
    { signal, sliceMs }: Slices = {},
  ): Promise<TransformBasis | undefined> {
    assert(this.tokens > 0, "nothing was learned yet");
    const slices = { signal, ...(sliceMs !== undefined && { sliceMs }) };
    const parts = this.#statistics.groups.flatMap((group, i) => {
      return partsOf(group, terms.mostLayers).map((part): FittedPart => ({ ...part, group: i }));
    });
    const { weightings, mostLayers } = terms;
    const isSame =
      this.#begun?.terms.weightings === weightings && this.#begun.terms.mostLayers === mostLayers;
    if (!this.#begun || !isSame) this.#begun = { terms, groups: [] };
    const fitted = this.#begun.groups;
    for (const part of parts.slice(fitted.length)) {
      if (signal?.aborted) return undefined;
      const group = await this.#fitPart(part, terms, slices);
      if (!group) return undefined;
      fitted.push(group);
    }
    this.#begun = undefined;
    const wideComponents = Math.max(...parts.flatMap(({ components }) => components));
    return { ...this.#shape, wideComponents, groups: fitted };
  }

  async #fitPart(
    { group, layers, components }: FittedPart,
    { weightings, harm, priorOf }: FitTerms,
    slices: Slices,
  ): Promise<BasisGroup | undefined> {
    const whole = this.#statistics.groups[group];
    assert(whole !== undefined, `there is no group ${group}`);
    const sides = await this.#statistics.read(group);
    const [keyPrior, valuePrior] = (await priorOf?.(layers)) ?? [];
    const width = this.#shape.kvHeads * this.#shape.headDim;
    const channels = {
      start: (layers.start - whole.layers.start) * width,
      end: (layers.end - whole.layers.start) * width,
    };
    const isWhole = layers.end - layers.start === whole.layers.end - whole.layers.start;
    const [ofKeys, ofValues] = sides.map((side) => (isWhole ? side : partOfSide(side, channels)));
    assert(ofKeys !== undefined && ofValues !== undefined, "a group has two sides");
    const harmOf = (all: readonly number[] | undefined) => all?.slice(layers.start, layers.end);
    const fit = (statistics: SideStatistics, rank: number, side: Omit<SideTerms, "headDim">) =>
      finishInSlices(fitLearned(statistics, rank, { ...this.#shape, ...side }), slices);
    const keys = await fit(ofKeys, components[0], {
      weighting: this.#weightingOf(weightings.keys, layers),
      harm: harmOf(harm?.keys),
      prior: keyPrior,
    });
    const values =
      keys &&
      (await fit(ofValues, components[1], {
        weighting: this.#weightingOf(weightings.values, layers),
        harm: harmOf(harm?.values),
        prior: valuePrior,
      }));
    return values && { layers, keys, values };
  }

  /**
   * Begins sketched groups again with sketches nearer to the strongest directions. What they have seen is
   * forgotten. Groups whose covariance is kept go on.
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

/** A group in parts of at most so many layers, which are as even as possible and keep their share of components. */
function partsOf({ layers, components }: LearnedGroup, mostLayers = Infinity): LearnedGroup[] {
  const count = layers.end - layers.start;
  return evenParts(layers, mostLayers).map((part): LearnedGroup => {
    const [keys, values] = components.map((all) =>
      Math.max(1, Math.round((all * (part.end - part.start)) / count)),
    );
    return { layers: part, components: [keys ?? 1, values ?? 1] };
  });
}

interface SideTerms {
  headDim: number;
  /** W of the group's layers. */
  weighting: Float32Array;
  /** How much each of its layers counts. */
  harm: readonly number[] | undefined;
  prior: SidePrior | undefined;
}

function* fitLearned(
  side: SideStatistics,
  rank: number,
  { headDim, harm, prior, ...terms }: SideTerms,
): Work<BasisSide> {
  const seen = yield* seenMoments(side);
  const weighting = harm
    ? sensitiveWeighting(
        terms.weighting,
        (yield* weightedVariances(seen, terms.weighting, harm.length)).map((variance, layer) =>
          variance > 0 ? (harm[layer] ?? 0) / variance : 0,
        ),
      )
    : terms.weighting;
  const blended = yield* blendedCovariance(seen, { tokens: side.tokens, prior, headDim });
  const covariance = weightedCovariance(blended, weighting);
  return yield* fitSide({ mean: meanOf(side), weighting, covariance }, rank);
}
