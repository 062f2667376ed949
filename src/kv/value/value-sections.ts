import type { ChunkValue } from "./chunk-value.ts";

/** The least part of a value that can be decoded by itself. */
export interface ValueSection {
  /** The layers whose rows it has. They may be layers of another value, too, where layers share. */
  written: readonly number[];
  /** The same as a value, which a decoder takes. */
  part: ChunkValue;
}

/**
 * The sections of a value: a layer that is coded by itself, layers that are transformed together, or a pair of layers
 * that share. A layer that reads the rows of another one has none.
 */
export function valueSections({ sinkTokens, layers }: ChunkValue): ValueSection[] {
  const sections: { written: number[]; part: ChunkValue }[] = [];
  for (const one of layers) {
    const { layer, partner, coded } = one;
    const last = sections.at(-1);
    if (partner !== undefined) {
      const part = { sinkTokens, layers: [one] };
      if (partner > layer) sections.push({ written: [layer, partner], part });
    } else if (coded.length === 0 && last) {
      // The first layer of a transformed group has the bytes of all.
      last.written.push(layer);
      last.part.layers.push(one);
    } else sections.push({ written: [layer], part: { sinkTokens, layers: [one] } });
  }
  return sections;
}
