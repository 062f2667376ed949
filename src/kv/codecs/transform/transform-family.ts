import type {
  Bytes,
  CodecFamily,
  CoderContext,
  FamilyCoder,
  LayerDecoder,
  LayerEncoder,
} from "../codec.ts";
import { assert } from "../../../shared/assert.ts";
import type { NamedBasis } from "../transform-basis.ts";
import { createTransformCoder, type TransformCoder } from "./transform-coder.ts";
import {
  TRANSFORM_CODEC_NUMBERS,
  TRANSFORM_LADDER,
  transformRateNamed,
} from "./transform-rates.ts";
import { groupBlocks, namedBlock, transformedGroups } from "./transformed-groups.ts";

/** Layers together, as components in a learned basis. */
export const transformFamily: CodecFamily = {
  name: "transform",
  codecs: TRANSFORM_CODEC_NUMBERS,
  isExact: false,
  needsBasis: true,
  ladder: TRANSFORM_LADDER,
  createCoder: (context) => new TransformFamilyCoder(context),
};

interface BasisCoder {
  named: NamedBasis;
  coder: TransformCoder;
}

class TransformFamilyCoder implements FamilyCoder {
  readonly #context: CoderContext;
  #named: NamedBasis | undefined;
  #coder: Promise<TransformCoder> | undefined;

  constructor(context: CoderContext) {
    this.#context = context;
  }

  useBasis(named: NamedBasis | undefined): void {
    this.destroy();
    this.#named = named;
  }

  async encoder(): Promise<LayerEncoder> {
    const basisCoder = await this.#basisCoder();
    assert(basisCoder !== undefined, "there is no basis to transform with");
    await basisCoder.coder.prepare("encode");
    return encodeWith(basisCoder);
  }

  async decoder(codecs: readonly string[]): Promise<LayerDecoder> {
    const basisCoder = await this.#basisCoder();
    if (!basisCoder) return () => false;
    const variants = new Set(codecs.map((codec) => transformRateNamed(codec).variant));
    await Promise.all([...variants].map((variant) => basisCoder.coder.prepare(variant)));
    return decodeWith(basisCoder);
  }

  destroy(): void {
    this.#coder?.then(
      (coder) => {
        coder.destroy();
      },
      () => undefined,
    );
    this.#coder = undefined;
  }

  async #basisCoder(): Promise<BasisCoder | undefined> {
    const named = this.#named;
    if (!named) return undefined;
    const { device, cache, frequencies } = this.#context;
    this.#coder ??= createTransformCoder(device, cache, named.basis, { frequencies, uses: [] });
    return { named, coder: await this.#coder };
  }
}

const encodeWith =
  ({ named, coder }: BasisCoder): LayerEncoder =>
  async (layers, run) => {
    const codecs = new Map(layers.map(({ layer, codec }) => [layer, codec]));
    const groups = [...transformedGroups(named.basis, (layer) => codecs.get(layer))];
    const parts = groups.map(async ([codec, indices]) => {
      const blocks = await coder.encode(indices, run, transformRateNamed(codec));
      return blocks.map((block, i): [number, Bytes] => {
        const group = named.basis.groups[indices[i] ?? -1];
        assert(group !== undefined, "a block is of no group");
        return [group.layers.start, namedBlock(named, block)];
      });
    });
    return new Map((await Promise.all(parts)).flat());
  };

const decodeWith =
  ({ named, coder }: BasisCoder): LayerDecoder =>
  (layers, run) => {
    const blocks = groupBlocks(named, layers);
    if (!blocks) return false;
    if (run.skip >= run.tokens) return true;
    return blocks.every(({ group, codec, block }) =>
      coder.decode(group, run, transformRateNamed(codec), block),
    );
  };
