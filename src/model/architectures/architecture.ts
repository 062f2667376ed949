/**
 * @file What an architecture is: the weights of its models, by what they do.
 *
 * Everything that needs to know a model's weights reads them from here. A source learns which tensors its files must
 * hold, the GPU's side what to allocate, and the generator what to write.
 */

import type { ModelConfig } from "../model-config.ts";

/**
 * - `matrix`: factors of a product, [outputs, inputs]
 * - `embedding`: a matrix that has a row for each token, [vocab, hidden]
 * - `norm`: gains of a norm, near 1, [size]
 */
export type WeightKind = "matrix" | "embedding" | "norm";

/** One weight of an architecture. */
export interface WeightDescription {
  /** The name by which the forward pass reads the weight, such as `qkv`. */
  role: string;
  kind: WeightKind;
  shape: (config: ModelConfig) => readonly number[];
  /** Whether a model of this configuration has the weight. Every model has it unless this is given. */
  isPresent?: (config: ModelConfig) => boolean;
}

export interface Architecture {
  /** The architecture's name in `ModelConfig` and in stored fingerprints. It never changes. */
  name: string;
  /** Weights that are read before the first layer, in the order of use. */
  first: readonly WeightDescription[];
  /** Weights of every layer, in the order of use. */
  layer: readonly WeightDescription[];
  /** Weights that are read after the last layer, in the order of use. */
  last: readonly WeightDescription[];
}

/** One weight of a model, whatever its numbers are stored as. */
export interface Weight {
  /** A name that no other weight of the model has; see `weightKey`. */
  key: string;
  role: string;
  kind: WeightKind;
  shape: readonly number[];
  /** The first layer that cannot run without the weight. The number of layers, if only the logits need it. */
  layer: number;
}

/**
 * The key of a weight: its role, such as `embedding`, and for a weight of a layer also the layer, as in `layers.3.qkv`.
 */
export const weightKey = (role: string, layer?: number): string =>
  layer === undefined ? role : `layers.${layer}.${role}`;

/** Every weight of a model, in the order of use. */
export function weightsOf({ first, layer, last }: Architecture, config: ModelConfig): Weight[] {
  const { layers } = config;
  const present = (described: readonly WeightDescription[]) =>
    described.filter(({ isPresent }) => isPresent?.(config) ?? true);
  const weight = ({ role, kind, shape }: WeightDescription, at: number, key: string): Weight => ({
    key,
    role,
    kind,
    shape: shape(config),
    layer: at,
  });
  return [
    ...present(first).map((one) => weight(one, 0, weightKey(one.role))),
    ...Array.from({ length: layers }, (_, at) =>
      present(layer).map((one) => weight(one, at, weightKey(one.role, at))),
    ).flat(),
    ...present(last).map((one) => weight(one, layers, weightKey(one.role))),
  ];
}
