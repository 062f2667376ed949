/** @file The schemes that are compared: ways to store a conversation. */

import type { SharingStrategyName } from "./sharing-strategies.ts";
import type { PairWay } from "./pair-ways.ts";
import type { Codec } from "./round-trip-cache.ts";
import { kindName, TRANSFORM_KINDS, type TransformKind } from "./transformed-cache.ts";

export interface Scheme {
  /** How the layers that share are chosen. With `transform` no layers share. */
  strategy: SharingStrategyName;
  /** The transform that replaces the codecs of single layers, if any. */
  transform?: TransformKind;
  /** Number of pairs wanted. */
  pairs: number;
  /** How a pair is stored. Without pairs it says nothing. */
  way: PairWay;
  /** Name of the codecs in the report. */
  codec: string;
  codecOf: (layer: number, layers: number) => Codec;
}

export const GRID: readonly Codec[] = [
  "f16",
  "int8-k-channel-v-token",
  "int4-k-channel-v-token",
  "int4-hadamard-k-channel-v-token",
  "int3-k-channel-v-token",
  "int2-k-channel-v-token",
];

export const BARE: readonly Codec[] = [
  ...GRID,
  "int4-unrope-k-channel-v-token",
  "int3-hadamard-k-channel-v-token",
  "int2-hadamard-k-channel-v-token",
];

const FEW: readonly Codec[] = ["f16", "int4-k-channel-v-token", "int3-k-channel-v-token"];

type Wanted = Pick<Scheme, "strategy" | "pairs"> & { way?: PairWay };

const withEach = (codecs: readonly Codec[], { way = "slerp", ...wanted }: Wanted): Scheme[] =>
  codecs.map((codec) => ({ ...wanted, way, codec, codecOf: () => codec }));

/** Layers that get more bits: errors of the first ones go through all others, and the last ones decide. */
const FIRST = "first quarter of the layers";
const LAST = "last three layers";

const BUDGETS: readonly { place: typeof FIRST | typeof LAST; more: Codec; rest: Codec }[] = [
  { place: FIRST, more: "int8-k-channel-v-token", rest: "int4-k-channel-v-token" },
  { place: LAST, more: "int8-k-channel-v-token", rest: "int4-k-channel-v-token" },
  { place: FIRST, more: "int4-k-channel-v-token", rest: "int3-k-channel-v-token" },
  { place: LAST, more: "int8-k-channel-v-token", rest: "int3-k-channel-v-token" },
  { place: FIRST, more: "int4-k-channel-v-token", rest: "int2-k-channel-v-token" },
  { place: LAST, more: "int4-k-channel-v-token", rest: "int3-k-channel-v-token" },
  { place: LAST, more: "int4-k-channel-v-token", rest: "int2-k-channel-v-token" },
  { place: LAST, more: "int8-k-channel-v-token", rest: "int2-k-channel-v-token" },
  { place: LAST, more: "int8-k-channel-v-token", rest: "int3-hadamard-k-channel-v-token" },
  { place: LAST, more: "int8-k-channel-v-token", rest: "int2-hadamard-k-channel-v-token" },
];

const budgeted = BUDGETS.map(({ place, more, rest }): Scheme => ({
  strategy: "none",
  pairs: 0,
  way: "slerp",
  codec: `${more} in the ${place}, else ${rest}`,
  codecOf: (layer, layers) =>
    (place === FIRST ? layer < layers / 4 : layer >= layers - 3) ? more : rest,
}));

const transformed = TRANSFORM_KINDS.map((transform): Scheme => ({
  strategy: "none",
  transform,
  pairs: 0,
  way: "slerp",
  codec: kindName(transform),
  codecOf: () => "f16",
}));

export const SCHEMES: readonly Scheme[] = [
  ...withEach(BARE, { strategy: "none", pairs: 0 }),
  ...budgeted,
  ...transformed,
  ...(["static", "kvsharer", "krul-frozen", "krul"] as const).flatMap((strategy) =>
    withEach(GRID, { strategy, pairs: 1 }),
  ),
  ...withEach(GRID, { strategy: "krul", pairs: 2 }),
  ...withEach(FEW, { strategy: "krul", pairs: 2, way: "alias" }),
  ...withEach(FEW, { strategy: "krul", pairs: 2, way: "predicted" }),
  ...[2, 4].flatMap((pairs) => withEach(FEW, { strategy: "krul", pairs, way: "predicted+int2" })),
];

/**
 * The schemes that decide whether transforming pays on other weights and other text: transforms of all layers together
 * in the weighted basis, and the codecs to compare them with.
 */
export const DECISIVE: readonly Scheme[] = SCHEMES.filter(
  ({ strategy, pairs, codec, transform }) =>
    transform
      ? transform.group === 12 && transform.basis === "weighted"
      : strategy === "none" &&
        pairs === 0 &&
        /^(f16|int3-k-channel-v-token|int4-hadamard-k-channel-v-token)$/.test(codec),
);
