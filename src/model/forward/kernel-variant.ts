/**
 * @file The part of a choice of kernels that decides how rows are rounded.
 *
 * Rows of two variants are equally good and not bit for bit the same, so a choice that was made once is kept: see
 * `src/engine/sequence/kv-identity.ts`.
 *
 * - KV1: A variant has what decides the order of sums and the conversion of numbers. How many invocations a workgroup
 *   has is no part of it, nor is what reads the logits, so these may change at any time.
 * - KV2: A variant that was kept stays, whatever would be chosen now.
 * - KV3: It is given up only where it cannot run: the device lacks what it needs, or the model's shape does not fit.
 * - KV4: What was kept and is not a variant counts as nothing.
 */

import { laneSharing } from "../../../shaders/reduce.ts";
import type { AdapterDescription } from "../../device/device.ts";
import { fieldsOf, isCount, isOneOf } from "../../shared/record-fields.ts";
import type { ModelConfig } from "../model-config.ts";

/** Plain data, which is stored and is part of the names of stored rows: its fields never change their meaning. */
export interface KernelVariant {
  /** The kernel for products of many tokens. */
  matmul: "broadcast" | "tiled";
  /** The kernel for products of one token. */
  matvec: "broadcast" | "shared";
  /** How many invocations share a sum: a power of two. */
  lanes: number;
  /** Whether these add up their shares by subgroup shuffles. */
  subgroups: boolean;
  attention: {
    /** Number of query heads that one invocation takes. */
    shared: number;
    /** Whether the hardware's instruction converts f16. */
    nativeHalves: boolean;
    /** Whether one kernel serves prefill and decode steps. */
    slicedByStep: boolean;
  };
}

/** Whether the device can run kernels that hand numbers on within a subgroup of four invocations. */
export const canBroadcast = ({ subgroupLanes }: AdapterDescription): boolean => subgroupLanes >= 4;

type MatrixShape = Pick<ModelConfig, "hidden" | "ffn" | "heads" | "headDim">;

/** Whether the broadcasting kernel for one token takes all matrices of a model. */
export const fitsBroadcast = ({ hidden, ffn, heads, headDim }: MatrixShape): boolean =>
  [hidden, ffn, heads * headDim].every((columns) => columns % 16 === 0);

/** What was kept, if it is a variant that can run on the device and fits the model (KV2 to KV4). */
export function runnableVariant(
  kept: unknown,
  adapter: AdapterDescription,
  config: MatrixShape & Pick<ModelConfig, "kvHeads">,
): KernelVariant | undefined {
  const variant = asKernelVariant(kept);
  if (!variant) return undefined;
  const { matmul, matvec, lanes, subgroups, attention } = variant;
  const broadcasts = matmul === "broadcast" || matvec === "broadcast";
  if (broadcasts && !canBroadcast(adapter)) return undefined;
  if (matvec === "broadcast" && !fitsBroadcast(config)) return undefined;
  if (laneSharing(adapter).workgroup % lanes !== 0) return undefined;
  if (subgroups && lanes > adapter.subgroupLanes) return undefined;
  const group = config.heads / config.kvHeads;
  return group % attention.shared === 0 ? variant : undefined;
}

/** Checks a variant that was stored: anything may have written it. Undefined if it is none. */
function asKernelVariant(value: unknown): KernelVariant | undefined {
  const { matmul, matvec, lanes, subgroups, attention } = fieldsOf(value) ?? {};
  const { shared, nativeHalves, slicedByStep } = fieldsOf(attention) ?? {};
  if (!isOneOf(matmul, ["broadcast", "tiled"]) || !isOneOf(matvec, ["broadcast", "shared"]))
    return undefined;
  if (!isSome(lanes) || (lanes & (lanes - 1)) !== 0 || typeof subgroups !== "boolean")
    return undefined;
  if (!isSome(shared) || typeof nativeHalves !== "boolean" || typeof slicedByStep !== "boolean")
    return undefined;
  return { matmul, matvec, lanes, subgroups, attention: { shared, nativeHalves, slicedByStep } };
}

/** Most invocations or heads: more than any device or model has. */
const MOST = 1024;

const isSome = (value: unknown): value is number => isCount(value, MOST) && value > 0;
