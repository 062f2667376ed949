/** @file The ways to store a conversation that are compared with one another on any model. */

import {
  EDGE_THRESHOLD,
  selectPairs,
  type AttentionEvidence,
  type LayerSharingMap,
} from "../../kv/sharing/select-pairs.ts";
import { endRate } from "../../kv/quality/rate-ladders.ts";
import { staticMap } from "../../kv/sharing/static-map.ts";
import type { StoredForm } from "../../kv/value/stored-form.ts";
import { basisName, type BasisKind } from "./evaluated-bases.ts";

export interface EvaluatedScheme {
  name: string;
  /** The basis that its codec needs. */
  basis?: BasisKind;
  /** Whether its form depends on how the conversation attends. */
  needsEvidence: boolean;
  /** The rate of a conversation's end, which is too recent for the form, or no full chunk. */
  endRate: string;
  /** @param evidence of the conversation, where it is needed */
  formOf: (layers: number, evidence: AttentionEvidence) => StoredForm;
}

/** Of the end of a conversation whose chunks are in bits. */
const SAFE_RATE = "int8";

const BITS = {
  "int8-k-channel-v-token": "int8",
  "int4-k-channel-v-token": "int4",
  "int4-hadamard-k-channel-v-token": "int4, keys Hadamard-rotated",
  "int3-k-channel-v-token": "int3",
  "int2-k-channel-v-token": "int2",
} as const;

const uniform = Object.entries(BITS).map(([codec, name]): EvaluatedScheme => ({
  name: `uniform ${name}`,
  needsEvidence: false,
  endRate: SAFE_RATE,
  formOf: () => ({ codecOf: () => codec, pairs: [] }),
}));

/** Steps of a curve of KL over bytes, around the budgets of both levels. */
const STEPS = [20, 30, 36, 43, 60, 80, 100, 120, 150, 180] as const;

const transform = (basis: BasisKind, steps: readonly number[] = STEPS): EvaluatedScheme[] =>
  steps.map((step) => ({
    name: `transform ${basisName(basis)}, step ${step}`,
    basis,
    needsEvidence: false,
    endRate: endRate(`transform-${step}`) ?? SAFE_RATE,
    formOf: () => ({ codecOf: () => `transform-${step}-rans`, pairs: [] }),
  }));

/** @param pairsOf chooses the pairs of layers that are merged on the sphere */
const sharing = (
  strategy: string,
  pairs: number,
  pairsOf: (layers: number, evidence: AttentionEvidence) => LayerSharingMap,
): EvaluatedScheme[] =>
  Object.entries({ f16: "f16", "int4-k-channel-v-token": "int4" }).map(([codec, rest]) => ({
    name: `${strategy}, ${pairs} ${pairs === 1 ? "pair" : "pairs"}, rest ${rest}`,
    needsEvidence: true,
    endRate: SAFE_RATE,
    formOf: (layers, evidence) => ({
      codecOf: () => codec,
      pairs: pairsOf(layers, evidence).pairs,
    }),
  }));

const kindsOf = (layers: number) => Array.from({ length: layers }, () => "same");

const krul = (pairs: number) =>
  sharing("Krul", pairs, (layers, evidence) => {
    const limits = { edgeThreshold: EDGE_THRESHOLD, target: { pairs } };
    return selectPairs(kindsOf(layers), evidence, limits).map;
  });

const deepNeighbours = (pairs: number) =>
  sharing("static map", pairs, (layers) => staticMap(kindsOf(layers), { pairs }));

export const EVALUATED_SCHEMES: readonly EvaluatedScheme[] = [
  ...uniform,
  ...transform({ source: "mixed", group: 5 }),
  ...transform({ source: "mixed", group: 10 }),
  ...transform({ source: "mixed", group: 2 }),
  ...transform({ source: "mixed", group: 1 }, [20, 30, 60]),
  ...transform({ source: "weights", group: 2 }),
  ...transform({ source: "weights", group: 5 }, [20, 30, 43, 60]),
  ...transform({ source: "weights", group: 1 }, [20, 30, 43]),
  ...transform({ source: "unweighted", group: 5 }, [20, 30, 43, 60]),
  ...transform({ source: "mixed", group: 5, groupedBy: "attention" }, [30, 60, 100]),
  ...transform({ source: "mixed", group: 5, wide: 32 }, [30, 60]),
  ...transform({ source: "mixed", group: 5, components: 480 }, [30, 60]),
  ...transform({ source: "chats", group: 5 }, [30, 60]),
  ...transform({ source: "1,500 tokens", group: 5 }, [30, 60]),
  ...transform({ source: "1,500 tokens", group: 1 }, [30, 60]),
  ...[1, 2, 4, 8].flatMap(krul),
  ...deepNeighbours(1),
];
