/**
 * @file What an architecture is: the weights of its models, by what they do, and what its attention does with them.
 *
 * Everything that needs to know a model's weights reads them from here. A source learns which tensors its files must
 * hold, the GPU's side what to allocate, and the generator what to write.
 */

import type { QkvStep } from "../../../shaders/forward/qkv-steps.ts";
import type { AttentionConfig, ModelConfig } from "../model-config.ts";

/**
 * - `matrix`: factors of a product, [outputs, inputs]
 * - `embedding`: a matrix that has a row for each token, [vocab, hidden]
 * - `norm`: gains of a norm, near 1, [size]
 * - `bias`: numbers that are added to a product, [outputs]
 */
export type WeightKind = "matrix" | "embedding" | "norm" | "bias";

/** Whether a weight is a list of numbers rather than a matrix. Such weights are few, and the GPU has them as f32. */
export const isVector = (kind: WeightKind): boolean => kind === "norm" || kind === "bias";

/** The numbers of a configuration that shapes follow from. */
export type ShapeConfig = Omit<ModelConfig, "architecture" | "attention">;

/** One weight of an architecture. */
export interface WeightDescription {
  /** The name by which the forward pass reads the weight, such as `qkv`. */
  role: string;
  kind: WeightKind;
  /** @param layer that the weight is of; no other weight has one */
  shape: (config: ShapeConfig, layer: number) => readonly number[];
  /** Whether a layer, or a model, of this configuration has the weight. Every one has it unless this is given. */
  isPresent?: (config: ShapeConfig, layer: number) => boolean;
}

export interface Architecture {
  /** The architecture's name in `ModelConfig` and in stored fingerprints. It never changes. */
  name: string;
  /** What is done to the heads of the QKV product, in this order. */
  steps: readonly QkvStep[];
  /** What `AttentionConfig.scoreWidth` is in a model of this shape. */
  scoreWidth: (config: ShapeConfig) => number;
  /** Weights that are read before the first layer, in the order of use. */
  first: readonly WeightDescription[];
  /** Weights of every layer, in the order of use. */
  layer: readonly WeightDescription[];
  /** Weights that are read after the last layer, in the order of use. */
  last: readonly WeightDescription[];
}

/** What a model of this shape does with its QKV products. */
export const attentionOf = (
  { steps, scoreWidth }: Architecture,
  config: ShapeConfig,
): AttentionConfig => ({ steps, scoreWidth: scoreWidth(config) });

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
  const present = (described: readonly WeightDescription[], at: number) =>
    described.filter(({ isPresent }) => isPresent?.(config, at) ?? true);
  const weight = ({ role, kind, shape }: WeightDescription, at: number, key: string): Weight => ({
    key,
    role,
    kind,
    shape: shape(config, at),
    layer: at,
  });
  return [
    ...present(first, 0).map((one) => weight(one, 0, weightKey(one.role))),
    ...Array.from({ length: layers }, (_, at) =>
      present(layer, at).map((one) => weight(one, at, weightKey(one.role, at))),
    ).flat(),
    ...present(last, layers).map((one) => weight(one, layers, weightKey(one.role))),
  ];
}
