/** @file Fits the bases that are compared, when they are first asked for, and keeps their files from run to run. */

import type { Sensitivity } from "../../engine/learn/noise-sensitivity.ts";
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
  alikeLayers,
  bandOf,
  layerSensitivity,
  plainWeightings,
  readTexts,
  weightedBy,
  type Calibration,
} from "./calibration.ts";
import { numbersInOrder } from "./layer-order.ts";
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
  /** Whether groups are of layers that attend alike to the first chat, and not of neighbours. */
  groupedBy?: "attention";
  /** Components of each side, if not as many as there are channels. */
  components?: number;
  /** How many components of a side have a byte for each number, if not all of them; the others have half a byte. */
  wide?: number;
}

export const basisName = ({ source, group, groupedBy, components, wide }: BasisKind): string =>
  [
    `${source}, groups of ${group}`,
    ...(groupedBy === undefined ? [] : [`grouped by ${groupedBy}`]),
    ...(components === undefined ? [] : [`${components} components`]),
    ...(wide === undefined ? [] : [`all but ${wide} in 4 bits`]),
  ].join(", ");

/** Tokens that are read: of chats, of few chats, and of each kind of text where they are mixed. */
const TOKENS = { chats: 4500, few: 1500, mixed: 7000 };

/** Texts of each kind that noise is put into, to see what errors in each layer do. */
const NOISY_TEXTS = 2;

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

/** What a model has to read texts for. */
type ReadSource = "mixed" | "chats" | "1,500 tokens";

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
  readonly #bases = new Map<string, Promise<EvaluatedBasis>>();
  readonly #calibrated = new Map<string, Promise<Calibrated>>();
  readonly #orders = new Map<number, Promise<number[]>>();
  readonly #sensitivities = new Map<string, Promise<Sensitivity>>();

  constructor(model: ProbedModel, texts: CalibrationTexts, files: BasisFiles) {
    this.#model = model;
    this.#texts = texts;
    this.#files = files;
  }

  /** The basis as it is read from its file. */
  basisOf(kind: BasisKind): Promise<EvaluatedBasis> {
    const name = basisName(kind);
    return memoizeByKey(this.#bases, name, () => this.#read(name, kind));
  }

  async #read(name: string, kind: BasisKind): Promise<EvaluatedBasis> {
    const kept = await this.#files.read(name);
    const file = kept ?? encodeBasis(await this.#fit(kind));
    if (!kept) await this.#files.write(name, file);
    const basis = decodeBasis(file);
    assert(basis !== undefined, `the file of the basis "${name}" cannot be read`);
    return { ...(await nameBasis(basis, file)), fileBytes: file.length };
  }

  /** Which layer stands at each place of a basis, if not each at its own. */
  async orderOf({ groupedBy, group }: BasisKind): Promise<readonly number[] | undefined> {
    if (groupedBy === undefined) return undefined;
    const [chat] = this.#texts.chats;
    assert(chat !== undefined, "there is no chat to see how layers attend");
    return memoizeByKey(this.#orders, group, () => alikeLayers(this.#model, chat, group));
  }

  async #fit(kind: BasisKind): Promise<TransformBasis> {
    const { source, group, components: kept, wide } = kind;
    const { cache, config } = this.#model;
    const order = await this.orderOf(kind);
    const { moments, weightings } = await this.#calibration(source, bandOf(group), order);
    const components = kept ?? group * cache.shape.kvHeads * cache.shape.headDim;
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

  async #calibration(
    source: BasisSource,
    band: number,
    order?: readonly number[],
  ): Promise<Calibrated> {
    if (source === "weights") return this.#calibration("1,500 tokens", band, order);
    if (source === "unweighted") {
      const mixed = await this.#calibration("mixed", band, order);
      return { ...mixed, weightings: this.#plain(mixed) };
    }
    const key = `${source}, bands of ${band}, order ${String(order)}`;
    return memoizeByKey(this.#calibrated, key, () => this.#calibrate(source, band, order));
  }

  async #calibrate(
    source: ReadSource,
    band: number,
    order: readonly number[] | undefined,
  ): Promise<Calibrated> {
    const { chats, documents, code } = this.#texts;
    const mixed = [cut(chats), cut(documents), cut(code)].flat();
    const texts = source === "mixed" ? mixed : chats;
    const most = { mixed: Infinity, chats: TOKENS.chats, "1,500 tokens": TOKENS.few }[source];
    const calibration = await readTexts(this.#model, texts, { most, band, order });
    const plain = await plainWeightings(this.#model, calibration.queries);
    const sensitivity = await this.#sensitivity(source, plain);
    const { keys, values } = weightedBy(plain, sensitivity);
    if (!order) return { ...calibration, weightings: { keys, values } };
    const weightings = {
      keys: numbersInOrder(keys, order),
      values: numbersInOrder(values, order),
    };
    return { ...calibration, weightings };
  }

  /** What an error in each layer does hardly depends on which layers are coded together, so it is measured once. */
  #sensitivity(source: ReadSource, plain: Weightings): Promise<Sensitivity> {
    const { chats, documents, code } = this.#texts;
    const kinds = source === "mixed" ? [chats, documents, code] : [chats];
    const some = kinds.flatMap((texts) => texts.slice(0, NOISY_TEXTS));
    return memoizeByKey(this.#sensitivities, source === "mixed" ? "mixed" : "chats", () =>
      layerSensitivity(this.#model, some, plain),
    );
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
