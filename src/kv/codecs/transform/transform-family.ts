import type {
  Bytes,
  CodecFamily,
  CodedLayer,
  CoderContext,
  FamilyCoder,
  LayerDecoder,
  LayerEncoder,
  Preparation,
} from "../codec.ts";
import { assert } from "../../../shared/assert.ts";
import {
  BASIS_ID_BYTES,
  componentsOf,
  matrixBytes,
  type FindBasis,
  type NamedBasis,
} from "../transform-basis.ts";
import { BasisCoders, type BasisCoder } from "./basis-coders.ts";
import {
  TRANSFORM_CODEC_NUMBERS,
  TRANSFORM_LADDER,
  transformRateNamed,
} from "./transform-rates.ts";
import { encodedGroups } from "./encoded-groups.ts";
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

class TransformFamilyCoder implements FamilyCoder {
  readonly #coders: BasisCoders;
  #named: NamedBasis | undefined;
  #find: FindBasis = () => Promise.resolve(undefined);

  constructor(context: CoderContext) {
    this.#coders = new BasisCoders(context);
  }

  useBasis(named: NamedBasis | undefined): void {
    const before = this.#named;
    this.#named = named;
    if (before && before.id !== named?.id) this.#coders.drop(before.id);
  }

  findBases(find: FindBasis): void {
    this.#find = find;
  }

  async encoder(): Promise<LayerEncoder> {
    const named = this.#named;
    assert(named !== undefined, "there is no basis to transform with");
    const basisCoder = await this.#coders.of(named);
    await basisCoder.coder.prepare("encode");
    return encodeWith(basisCoder);
  }

  async decoder(
    codecs: readonly string[],
    layers: readonly CodedLayer[] = [],
  ): Promise<LayerDecoder> {
    const named = await this.#basisOf(layers);
    if (!named) return () => false;
    const basisCoder = await this.#coders.of(named);
    const variants = new Set(codecs.map((codec) => transformRateNamed(codec).variant));
    await Promise.all([...variants].map((variant) => basisCoder.coder.prepare(variant)));
    return decodeWith(basisCoder);
  }

  preparation(): Preparation | undefined {
    if (!this.#named) return undefined;
    const { basis, id } = this.#named;
    const groups = basis.groups.map((group) => {
      return { layers: group.layers, components: componentsOf(group) };
    });
    return { bytes: matrixBytes(basis, groups), ms: this.#coders.preparedMs(id) };
  }

  destroy(): void {
    this.#coders.destroy();
  }

  /** The basis that these layers name: the present one, or one from before. */
  async #basisOf(layers: readonly CodedLayer[]): Promise<NamedBasis | undefined> {
    const coded = layers.find(({ coded }) => coded.length >= BASIS_ID_BYTES)?.coded;
    const id = coded?.slice(0, BASIS_ID_BYTES);
    if (!id || id.every((byte, i) => byte === this.#named?.id[i])) return this.#named;
    return this.#coders.known(id) ?? this.#find(id);
  }
}

const encodeWith =
  ({ named, coder }: BasisCoder): LayerEncoder =>
  async (layers, run, signal) => {
    const codecs = new Map(layers.map(({ layer, codec }) => [layer, codec]));
    const coded = new Map<number, Bytes>();
    for (const [codec, indices] of transformedGroups(named.basis, (layer) => codecs.get(layer))) {
      const rate = transformRateNamed(codec);
      const blocks = await encodedGroups(indices, (some) => coder.encode(some, run, rate), signal);
      for (const [i, block] of blocks.entries()) {
        const group = named.basis.groups[indices[i] ?? -1];
        assert(group !== undefined, "a block is of no group");
        coded.set(group.layers.start, namedBlock(named, block));
      }
    }
    return coded;
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
