import type { Bytes } from "../codecs/codec.ts";
import type { StoredLayer } from "./chunk-value.ts";
import type { CodecRegistry } from "./codec-registry.ts";
import type { StoredForm } from "./stored-form.ts";

/** What the rows of all layers became. */
export interface CodedParts {
  /** The bytes of each layer that is coded by itself or has a group's, and of each layer that keeps a pair's. */
  coded: ReadonlyMap<number, Bytes>;
  /** [layers] the sink tokens' rows as they are; none if there are no sinks */
  sinks: readonly Bytes[];
}

const NONE: Bytes = new Uint8Array();

/** Each layer's part of a value. Which rows are where: chunk-value.ts. */
export function storedLayers(
  { codecOf, pairs }: StoredForm,
  layers: number,
  { coded, sinks }: CodedParts,
  codecs: CodecRegistry,
): StoredLayer[] {
  const shareOf = new Map(pairs.map(({ keep, share }) => [keep, share]));
  const keeperOf = new Map(pairs.map(({ keep, share }) => [share, keep]));
  const sinksOf = (...owners: number[]) => joined(owners.map((layer) => sinks[layer] ?? NONE));
  return Array.from({ length: layers }, (_, layer): StoredLayer => {
    const [keeper, share] = [keeperOf.get(layer), shareOf.get(layer)];
    if (keeper !== undefined)
      return { layer, codec: codecOf(keeper), partner: keeper, sinks: NONE, coded: NONE };
    const codec = codecOf(layer);
    const own = { layer, codec, coded: coded.get(layer) ?? NONE };
    if (share !== undefined) return { ...own, partner: share, sinks: sinksOf(layer, share) };
    return { ...own, sinks: codecs.familyOf(codec).isExact ? NONE : sinksOf(layer) };
  });
}

function joined(parts: readonly Bytes[]): Bytes {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
