/** @file Transforms a conversation's rows in many ways and back, to compare what they come back as. */

import type { Device } from "../../device/device.ts";
import { SINK_TOKENS } from "../../kv/cache/chunk-layout.ts";
import { decodeComponents, encodeComponents } from "../../kv/codecs/entropy/component-codec.ts";
import type { KvCache } from "../../kv/cache/kv-cache.ts";
import { componentsOf, type TransformBasis } from "../../kv/codecs/transform-basis.ts";
import {
  createTransformCoder,
  type TransformCoder,
  type TransformRate,
} from "../../kv/codecs/transform/transform-coder.ts";
import type { TransformStep } from "../../kv/codecs/transform/transform-rates.ts";
import { assert } from "../../shared/assert.ts";
import type { IndexRange } from "../../shared/index-range.ts";
import { oldTokens } from "./round-trip-cache.ts";
import { BASIS_KINDS, type BasisKind } from "../bases/compared-bases.ts";
import type { CacheRows } from "../cache-probe.ts";
import { chunksOf } from "../../engine/sequence/token-ranges.ts";

/** Numbers of layers that are transformed together. */
const GROUP_SIZES = [1, 2, 4, 12] as const;

export interface TransformKind {
  group: number;
  basis: BasisKind;
  step: TransformStep;
  variant: TransformRate["variant"];
}

/** A few of the steps: each costs a run of every conversation. */
const COMPARED_STEPS: readonly TransformStep[] = [5, 10, 15, 20, 30, 60];

export const TRANSFORM_KINDS: readonly TransformKind[] = GROUP_SIZES.flatMap((group) =>
  BASIS_KINDS.flatMap((basis) =>
    COMPARED_STEPS.flatMap((step) =>
      (["rans", "fixed"] as const).map((variant) => ({ group, basis, step, variant })),
    ),
  ),
);

export const kindName = ({ group, basis, step, variant }: TransformKind): string =>
  `${group} ${group === 1 ? "layer" : "layers"}, ${basis}, step ${step}, ${variant}`;

/** Runs of tokens that are coded together, sinks included. There are none if no token is behind the sinks. */
function runsOf(tokens: number): IndexRange[] {
  const { start, end } = oldTokens(tokens);
  return end > start ? chunksOf({ start: 0, end }) : [];
}

export interface TransformedRows {
  /** Rows of all layers as they come back. */
  layers: Uint8Array<ArrayBuffer>[];
  bytes: Readonly<Record<TransformRate["variant"], number>>;
}

interface Parts {
  device: Device;
  cache: KvCache;
  frequencies: readonly number[];
}

/** A cache whose rows can be replaced by what they would be after transforming and reading them. */
export class TransformedCache {
  readonly #parts: Parts;
  readonly #coders = new Map<string, Promise<TransformCoder>>();
  readonly #basisOf: (group: number, kind: BasisKind) => TransformBasis;

  constructor(parts: Parts, basisOf: (group: number, kind: BasisKind) => TransformBasis) {
    this.#parts = parts;
    this.#basisOf = basisOf;
  }

  coder({ group, basis }: Pick<TransformKind, "group" | "basis">): Promise<TransformCoder> {
    const key = `${group} ${basis}`;
    const { device, cache, frequencies } = this.#parts;
    const known =
      this.#coders.get(key) ??
      createTransformCoder(device, cache, this.#basisOf(group, basis), { frequencies });
    this.#coders.set(key, known);
    return known;
  }

  /** Code and decode rows from behind the sinks up to the recent window. The other rows stay as they are. */
  async roundTrip(
    kind: Omit<TransformKind, "variant">,
    { tokens, layers }: CacheRows,
  ): Promise<TransformedRows> {
    const { cache } = this.#parts;
    for (const [layer, rows] of layers.entries()) cache.writeRows(layer, 0, rows);
    const coder = await this.coder(kind);
    const groups = [...coder.basis.groups.keys()];
    const rate = { step: kind.step / 1000, variant: "rans" } as const;
    const bytes = { rans: 0, fixed: 0 };
    for (const { start, end } of runsOf(tokens.length)) {
      const run = { start, tokens: end - start, skip: Math.max(0, SINK_TOKENS - start) };
      for (const [group, block] of (await coder.encode(groups, run, rate)).entries()) {
        bytes.rans += block.length;
        bytes.fixed += this.#fixed(coder, group, run.tokens, block).length;
        assert(coder.decode(group, run, rate, block), "a block that was just coded is none");
      }
    }
    const all = { start: 0, end: tokens.length };
    const back = await Promise.all(layers.map((_, layer) => cache.readRows(layer, all)));
    return { layers: back, bytes };
  }

  /** The block's integers, coded in fixed widths instead. */
  #fixed(coder: TransformCoder, group: number, tokens: number, block: Uint8Array) {
    const basis = coder.basis.groups[group];
    assert(basis !== undefined, `there is no group ${group}`);
    const shape = { tokens, sideComponents: componentsOf(basis) };
    const codes = decodeComponents("rans", Uint8Array.from(block), shape);
    assert(codes !== undefined, "a block that was just coded is none");
    return encodeComponents("fixed", { ...shape, codes });
  }
}
