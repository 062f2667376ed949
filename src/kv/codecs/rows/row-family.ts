import { memoizeByKey } from "../../../shared/memoize.ts";
import { groupedBy } from "../../../shared/grouped-by.ts";
import type {
  CodecFamily,
  CoderContext,
  FamilyCoder,
  LayerDecoder,
  LayerEncoder,
} from "../codec.ts";
import { codedRowsBytes, fitsHeads, ROW_CODEC_NUMBERS, rowCodecNamed } from "./row-codec.ts";
import { createRowCoder, type RowCoder } from "./row-coder.ts";
import { ROW_LADDER } from "./row-rates.ts";

/** Each layer's rows on their own, in 2 to 8 bits a number. */
export const rowFamily: CodecFamily = {
  name: "rows",
  codecs: ROW_CODEC_NUMBERS,
  isExact: false,
  needsBasis: false,
  ladder: ROW_LADDER,
  pairedBytes(codec, shape, tokens) {
    const code = rowCodecNamed(codec);
    const canCode = !code.unrope && fitsHeads(code, shape.headDim);
    return canCode ? codedRowsBytes(code, shape, tokens) : undefined;
  },
  createCoder,
};

function createCoder({ device, cache, frequencies }: CoderContext): FamilyCoder {
  const known = new Map<string, Promise<RowCoder>>();
  const coderOf = (codec: string) =>
    memoizeByKey(known, codec, () =>
      createRowCoder(device, cache, rowCodecNamed(codec), { frequencies }),
    );
  return {
    encoder: async (codecs) => encodeWith(await codersOf(codecs, coderOf)),
    async decoder(codecs) {
      // Nothing of this kind was ever written for such heads.
      const { headDim } = cache.shape;
      if (codecs.some((codec) => !fitsHeads(rowCodecNamed(codec), headDim))) return () => false;
      return decodeWith(await codersOf(codecs, coderOf));
    },
    destroy() {
      for (const coder of known.values())
        coder.then(
          (made) => {
            made.destroy();
          },
          () => undefined,
        );
    },
  };
}

type RowCoders = (codec: string) => RowCoder;

async function codersOf(
  codecs: readonly string[],
  coderOf: (codec: string) => Promise<RowCoder>,
): Promise<RowCoders> {
  const coders = new Map(
    await Promise.all(codecs.map(async (codec) => [codec, await coderOf(codec)] as const)),
  );
  return (codec) => {
    const coder = coders.get(codec);
    if (!coder) throw new Error(`nothing was prepared for ${codec}`);
    return coder;
  };
}

const encodeWith =
  (coders: RowCoders): LayerEncoder =>
  async (layers, run) => {
    const parts = [...groupedBy(layers, ({ codec }) => codec)].map(async ([codec, own]) => {
      const numbers = own.map(({ layer }) => layer);
      const coded = await coders(codec).encode(numbers, run);
      return coded.map((bytes, i) => [numbers[i] ?? -1, bytes] as const);
    });
    return new Map((await Promise.all(parts)).flat());
  };

const decodeWith =
  (coders: RowCoders): LayerDecoder =>
  (layers, run) => {
    const { tokens, skip } = run;
    if (layers.some(({ codec, coded }) => coded.length !== coders(codec).codedBytes(tokens)))
      return false;
    if (skip < tokens)
      for (const [codec, own] of groupedBy(layers, (one) => one.codec))
        coders(codec).decodeLayers(own, run);
    return true;
  };
