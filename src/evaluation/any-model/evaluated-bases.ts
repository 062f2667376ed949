/** @file Fits the bases that are compared, when they are first asked for, and keeps their files from run to run. */

import { decodeBasis, encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import {
  nameBasis,
  type NamedBasis,
  type TransformBasis,
} from "../../kv/codecs/transform-basis.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { assert } from "../../shared/assert.ts";
import { memoizeByKey } from "../../shared/memoize.ts";
import { fitMoments, fitProjections, unweighted } from "../bases/fitted-bases.ts";
import { meanVariance } from "../bases/mean-variance.ts";
import {
  layerSensitivity,
  plainWeightings,
  readTexts,
  weightedBy,
  type Calibration,
} from "./calibration.ts";
import type { ProbedModel } from "./probed-model.ts";
import { readProjections } from "./read-projections.ts";

/** What a basis is fitted to. */
export type BasisSource =
  /** Rows of chats, documents and code. */
  | "mixed"
  /** The same without any weighting, as KVTC has it. */
  | "unweighted"
  /** Rows of chats alone. */
  | "chats"
  /** Rows of 1,500 tokens of chats. */
  | "1,500 tokens"
  /** The projection weights alone. Means and weightings are from 1,500 tokens of chats. */
  | "weights";

export interface BasisKind {
  source: BasisSource;
  /** Layers of a group. */
  group: number;
  /** How many components of a side have a byte for each number, if not all of them; the others have half a byte. */
  wide?: number;
}

export const basisName = ({ source, group, wide }: BasisKind): string =>
  `${source}, groups of ${group}${wide === undefined ? "" : `, ${wide} wide`}`;

/** Tokens that are read: of chats, of few chats, and of each kind of text where they are mixed. */
const TOKENS = { chats: 4500, few: 1500, mixed: 1500 };

/** Tokens of texts that nothing is judged on, by kind. */
export interface CalibrationTexts {
  chats: readonly (readonly number[])[];
  documents: readonly (readonly number[])[];
  code: readonly (readonly number[])[];
}

/** Keeps files under a name. */
export interface BasisFiles {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(name: string, file: Uint8Array<ArrayBuffer>): Promise<void>;
}

interface Calibrated extends Calibration {
  weightings: Weightings;
}

/** A basis and the length of its file. */
export interface EvaluatedBasis extends NamedBasis {
  fileBytes: number;
}

export class EvaluatedBases {
  readonly #model: ProbedModel;
  readonly #texts: CalibrationTexts;
  readonly #files: BasisFiles;
  readonly #calibrated = new Map<string, Promise<Calibrated>>();

  constructor(model: ProbedModel, texts: CalibrationTexts, files: BasisFiles) {
    this.#model = model;
    this.#texts = texts;
    this.#files = files;
  }

  /** The basis as it is read from its file. */
  async basisOf(kind: BasisKind): Promise<EvaluatedBasis> {
    const name = basisName(kind);
    const kept = await this.#files.read(name);
    const file = kept ?? encodeBasis(await this.#fit(kind));
    if (!kept) await this.#files.write(name, file);
    const basis = decodeBasis(file);
    assert(basis !== undefined, `the file of the basis "${name}" cannot be read`);
    return { ...(await nameBasis(basis, file)), fileBytes: file.length };
  }

  async #fit({ source, group, wide }: BasisKind): Promise<TransformBasis> {
    const { cache, config } = this.#model;
    const { moments, weightings } = await this.#calibration(source);
    const components = group * cache.shape.kvHeads * cache.shape.headDim;
    const shape = cache.shape;
    const fitting = { shape, group, weightings, components };
    const fitted = await this.#fitted(source, moments, fitting, config.hidden);
    return wide === undefined ? fitted : { ...fitted, wideComponents: wide };
  }

  async #fitted(
    source: BasisSource,
    moments: Calibration["moments"],
    fitting: Parameters<typeof fitMoments>[1],
    hidden: number,
  ): Promise<TransformBasis> {
    if (source !== "weights") return fitMoments(moments, fitting);
    const { keys, values } = await readProjections(this.#model);
    const basis = fitProjections([keys, values], hidden, fitting);
    return withMeans(basis, moments, fitting);
  }

  async #calibration(source: BasisSource): Promise<Calibrated> {
    if (source === "weights") return this.#calibration("1,500 tokens");
    if (source === "unweighted") {
      const mixed = await this.#calibration("mixed");
      return { ...mixed, weightings: this.#plain(mixed) };
    }
    return memoizeByKey(this.#calibrated, source, () => this.#calibrate(source));
  }

  async #calibrate(source: "mixed" | "chats" | "1,500 tokens"): Promise<Calibrated> {
    const { chats, documents, code } = this.#texts;
    const read = {
      mixed: [cut(chats), cut(documents), cut(code)].flat(),
      chats,
      "1,500 tokens": chats,
    }[source];
    const most = { mixed: Infinity, chats: TOKENS.chats, "1,500 tokens": TOKENS.few }[source];
    const calibration = await readTexts(this.#model, read, most);
    const noisy = source === "mixed" ? [chats[0], documents[0], code[0]] : [chats[0], chats[1]];
    const plain = await plainWeightings(this.#model, calibration.queries);
    const some = noisy.flatMap((tokens) => (tokens ? [tokens] : []));
    const sensitivity = await layerSensitivity(this.#model, some, plain);
    return { ...calibration, weightings: weightedBy(plain, sensitivity) };
  }

  /** No weighting, but in a unit that makes the same step about as coarse as in the weighted space. */
  #plain({ moments, weightings }: Calibrated): Weightings {
    const { shape } = this.#model.cache;
    const plain = meanVariance(moments, unweighted(shape), shape);
    return unweighted(shape, Math.sqrt(meanVariance(moments, weightings, shape) / plain));
  }
}

/** The first tokens of texts, together as many as are read of a kind of text. */
function cut(texts: readonly (readonly number[])[]): (readonly number[])[] {
  let left = TOKENS.mixed;
  return texts.flatMap((tokens) => {
    const some = tokens.slice(0, left);
    left -= some.length;
    return some.length > 0 ? [some] : [];
  });
}

/** The means of rows for a basis that has none. */
function withMeans(
  basis: TransformBasis,
  moments: Calibration["moments"],
  { shape }: Parameters<typeof fitMoments>[1],
): TransformBasis {
  const width = shape.kvHeads * shape.headDim;
  const groups = basis.groups.map(({ layers, keys, values }) => {
    const channels = { start: layers.start * width, end: layers.end * width };
    const [k, v] = [moments.ofChannels(0, channels), moments.ofChannels(1, channels)];
    return {
      layers,
      keys: { ...keys, mean: Float32Array.from(k.mean) },
      values: { ...values, mean: Float32Array.from(v.mean) },
    };
  });
  return { ...basis, groups };
}
