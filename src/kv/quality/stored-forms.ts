import type { CompressionCandidate, GuardedCodec } from "./quality-guard.ts";
import type { KvShape } from "../cache/kv-cache.ts";
import type { ComponentVariant } from "../../../shaders/transform/component-block.ts";
import type { KvCodecName } from "../value/chunk-value.ts";
import { rowCodec, type RowCodecName } from "../codecs/rows/row-codec.ts";
import type { TransformStep } from "../codecs/transform/transform-rates.ts";
import type { StoredForm } from "../value/value-coder.ts";

/** Fewer bytes than fixed widths, for no more time that counts (compression.bench.ts). */
const TRANSFORM_VARIANT: ComponentVariant = "rans";

const INT8 = "int8-k-channel-v-token";
const INT4 = "int4-hadamard-k-channel-v-token";
const INT3 = "int3-k-channel-v-token";
const INT2 = "int2-hadamard-k-channel-v-token";

/** Of most layers, and of the last quarter. */
interface LayerCodecs {
  most: RowCodecName;
  last: RowCodecName;
}

type BitsCodec = Exclude<GuardedCodec, "f16" | `transform-${TransformStep}`>;

/** What each codec of the guard is stored as, by measurement (compression.bench.ts). */
const STORED_AS: Readonly<Record<BitsCodec, LayerCodecs>> = {
  int8: { most: INT8, last: INT8 },
  int4: { most: INT4, last: INT4 },
  "int3-int4": { most: INT3, last: INT4 },
  "int2-int4": { most: INT2, last: INT4 },
  int2: { most: INT2, last: INT2 },
};

/** All of its rows are in fewer bytes than they have. */
interface CodedForm extends StoredForm {
  codecOf: (layer: number) => Exclude<KvCodecName, "f16">;
}

/** What a candidate is stored as. Undefined for rows as they are. */
export function storedForm(
  { codec, map: { pairs } }: CompressionCandidate,
  shape: Pick<KvShape, "headDim" | "layers">,
): CodedForm | undefined {
  if (codec === "f16") return undefined;
  if (isTransformStep(codec)) return { codecOf: () => `${codec}-${TRANSFORM_VARIANT}`, pairs };
  const most = suited(STORED_AS[codec].most, shape);
  const last = suited(STORED_AS[codec].last, shape);
  return { codecOf: (layer) => (layer < 0.75 * shape.layers ? most : last), pairs };
}

const isTransformStep = (codec: GuardedCodec): codec is `transform-${TransformStep}` =>
  codec.startsWith("transform-");

/** Of the form that is stored most often. */
export function usualCodecs(shape: Pick<KvShape, "headDim">, hasBasis: boolean): KvCodecName[] {
  if (hasBasis) return [`transform-30-${TRANSFORM_VARIANT}`];
  const { most, last } = STORED_AS["int3-int4"];
  return [suited(most, shape), suited(last, shape)];
}

/** A Hadamard matrix fits heads of a power of two, from 16 on; others take the codec without one. */
function suited(codec: RowCodecName, { headDim }: Pick<KvShape, "headDim">): RowCodecName {
  const fits = headDim >= 16 && (headDim & (headDim - 1)) === 0;
  if (fits || !rowCodec(codec).hadamard) return codec;
  return codec.replace("-hadamard", "") as RowCodecName;
}
