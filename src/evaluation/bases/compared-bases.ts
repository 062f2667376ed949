/** @file Bases of all kinds that are compared with each other, for one model. */

import { decodeBasis, encodeBasis } from "../../kv/codecs/transform/basis-file.ts";
import type { TransformBasis } from "../../kv/codecs/transform-basis.ts";
import { nameBasis, type NamedBasis } from "../../kv/codecs/transform-basis.ts";
import type { ModelConfig } from "../../model/model-config.ts";
import { fetchProjectFile, PROJECT_ORIGIN } from "../../model/testing.ts";
import { assert } from "../../shared/assert.ts";
import type { RowMoments } from "./row-moments.ts";
import type { Weightings } from "../../kv/basis/model-weightings.ts";
import { meanVariance } from "./mean-variance.ts";
import { fitMoments, fitProjections, unweighted } from "./fitted-bases.ts";
import { readProjections, type Projections } from "./model-projections.ts";

const MODEL = "/models/pip-4.7m/mlc-q0f16/";

/** Data that a basis is fitted to: weighted rows, rows as they are, or the model's projections alone. */
export const BASIS_KINDS = ["weighted", "unweighted", "of the weights"] as const;

export type BasisKind = (typeof BASIS_KINDS)[number];

/** Read the basis and the projections of the shipped model. */
export async function readShipped(): Promise<
  Pick<Parts, "shipped" | "projections"> & { named: NamedBasis }
> {
  const response = await fetchProjectFile(`${PROJECT_ORIGIN}${MODEL}transform-basis.bin`);
  const file = new Uint8Array(await response.arrayBuffer());
  const shipped = decodeBasis(file);
  assert(shipped !== undefined, "the shipped basis cannot be read");
  const named = await nameBasis(shipped, file);
  return { shipped, named, projections: await readProjections(MODEL) };
}

interface Parts {
  /** Moments of rows of chats that the bases are not judged on. */
  moments: RowMoments;
  config: ModelConfig;
  /** The shipped basis. Only its weighting is used, not the moments that it was fitted to. */
  shipped: TransformBasis;
  projections: Projections;
}

export class ComparedBases {
  readonly #parts: Parts;
  readonly #weighted: Weightings;
  readonly #known = new Map<string, TransformBasis>();

  constructor(parts: Parts) {
    this.#parts = parts;
    const { groups } = parts.shipped;
    this.#weighted = {
      keys: joined(groups.map(({ keys }) => keys.weighting)),
      values: joined(groups.map(({ values }) => values.weighting)),
    };
  }

  /** A basis as it would be read from a file. @param group number of layers of a group */
  basisOf = (group: number, kind: BasisKind): TransformBasis => {
    const key = `${group} ${kind}`;
    const known = this.#known.get(key) ?? decodeBasis(encodeBasis(this.#fit(group, kind)));
    assert(known !== undefined, "a basis that was just written cannot be read");
    this.#known.set(key, known);
    return known;
  };

  #fit(group: number, kind: BasisKind): TransformBasis {
    const { config, moments, projections, shipped } = this.#parts;
    const weightings = kind === "unweighted" ? this.#plain() : this.#weighted;
    const fitting = { shape: config, group, weightings, components: keptComponents(shipped) };
    const { keys, values } = projections;
    if (kind !== "of the weights") return fitMoments(moments, fitting);
    return fitProjections([keys, values], config.hidden, fitting);
  }

  /** No weighting, but in a unit that makes the same step about as coarse as in the weighted space. */
  #plain(): Weightings {
    const { config, moments } = this.#parts;
    const plain = meanVariance(moments, unweighted(config), config);
    const weighted = meanVariance(moments, this.#weighted, config);
    return unweighted(config, Math.sqrt(weighted / plain));
  }
}

/** Number of components that the shipped basis has for each side of a group. */
const keptComponents = ({ groups: [group] }: TransformBasis): number =>
  group?.keys.deviations.length ?? 0;

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
