import {
  argmaxSource,
  argmaxSubgroupSource,
  type ArgmaxBinding,
} from "../../../shaders/forward/argmax.ts";
import {
  combineSource,
  decodeAttentionSource,
  planAttention,
  prefillAttentionSource,
  type AttentionPlan,
  type AttentionShape,
} from "../../../shaders/forward/attention.ts";
import { embedSource } from "../../../shaders/forward/embed.ts";
import {
  MATMUL_BROADCAST,
  MATMUL_TILED,
  MATVEC_BROADCAST,
  matvecShared,
  type LinearOutput,
  type MatmulVariant,
  type MatvecVariant,
} from "../../../shaders/forward/linear.ts";
import { laneSharing, type LaneSharing } from "../../../shaders/reduce.ts";
import { rmsNormSource } from "../../../shaders/forward/rms-norm.ts";
import { ropeAppendSource, type QkvShape } from "../../../shaders/forward/rope-append.ts";
import type { WeightFormat } from "../../../shaders/forward/weight-format.ts";
import type { AdapterDescription, Hardware, Device } from "../../device/device.ts";
import { compileKernel, type Kernel, type KernelSource } from "../../device/kernel.ts";
import { assert } from "../../shared/assert.ts";
import { memoizeByKey } from "../../shared/memoize.ts";
import { isCachedLayer, productShape } from "../kv-layers.ts";
import type { ModelConfig } from "../model-config.ts";
import type { ModelOutline, StoredWeight } from "../model-outline.ts";
import {
  canBroadcast,
  fitsBroadcast,
  runnableVariant,
  type KernelVariant,
} from "./kernel-variant.ts";

/** The variant of each kernel that a device gets. */
export interface KernelChoice {
  /** What the choice says of how rows are rounded. */
  variant: KernelVariant;
  matmul: MatmulVariant;
  matvec: MatvecVariant;
  sharing: LaneSharing;
  attention: AttentionPlan;
  argmax: KernelSource<ArgmaxBinding>;
}

/**
 * Chooses kernels by the kind of adapter. On a software adapter, workgroup memory and barriers cost more than the loads
 * they save (`npm run bench` measures both) and are slow to compile.
 *
 * @param kept the variant that was chosen here before, as it was stored: as long as it can run, it stays
 */
export function chooseKernels(
  adapter: AdapterDescription,
  config: ModelConfig,
  kept?: unknown,
): KernelChoice {
  const variant = runnableVariant(kept, adapter, config) ?? chooseVariant(adapter, config);
  const { lanes, subgroups, attention } = variant;
  const sharing = { ...laneSharing(adapter), lanes, subgroups };
  return {
    variant,
    matmul: variant.matmul === "broadcast" ? MATMUL_BROADCAST : MATMUL_TILED,
    matvec: variant.matvec === "broadcast" ? MATVEC_BROADCAST : matvecShared(sharing),
    sharing,
    attention: { ...planAttention(attentionShape(config), adapter), ...attention },
    argmax: suitsBroadcast(adapter) ? argmaxSubgroupSource(adapter.subgroupLanes) : argmaxSource,
  };
}

const attentionShape = ({ heads, kvHeads, headDim, attention }: ModelConfig): AttentionShape => ({
  heads,
  kvHeads,
  headDim,
  scoreWidth: attention.scoreWidth,
});

const suitsBroadcast = (adapter: AdapterDescription): boolean =>
  adapter.software && canBroadcast(adapter);

function chooseVariant(adapter: AdapterDescription, config: ModelConfig): KernelVariant {
  const { lanes, subgroups } = laneSharing(adapter);
  const { shared, nativeHalves, slicedByStep } = planAttention(attentionShape(config), adapter);
  const broadcasts = suitsBroadcast(adapter);
  return {
    matmul: broadcasts ? "broadcast" : "tiled",
    matvec: broadcasts && fitsBroadcast(config) ? "broadcast" : "shared",
    lanes,
    subgroups,
    attention: { shared, nativeHalves, slicedByStep },
  };
}

/** The heads of a layer's QKV product, as the kernel that changes them before attention takes them. */
export const qkvShape = (config: ModelConfig, layer: number): QkvShape => ({
  ...productShape(config, layer),
  steps: config.attention.steps,
  epsilon: config.rmsNormEps,
});

/** Whether the RMSNorm of a product's input is folded into the product in a decode step. */
const FOLDS_NORM: Readonly<Record<LinearOutput, boolean>> = {
  store: true,
  add: false,
  swiglu: true,
};

/**
 * Compiles every pipeline of a model at the same time. A pipeline that serves several outputs is compiled once. Layers
 * that attend to the cache of another one have kernels of their own, because their products hold queries only.
 */
export async function compileKernels(
  { device, adapter }: Hardware,
  { config, weights }: ModelOutline,
  choice: KernelChoice = chooseKernels(adapter, config),
) {
  const { sharing, attention } = choice;
  const compileOnce = onceByLabel(device);
  const attentionKernels = (layer: number) => {
    const plan = { ...attention, queriesOnly: !isCachedLayer(config, layer) };
    return allOf({
      ropeAppend: compileOnce(ropeAppendSource(qkvShape(config, layer), sharing)),
      prefillAttention: compileOnce(prefillAttentionSource(plan)),
      decodeAttention: compileOnce(decodeAttentionSource(plan)),
    });
  };
  const cached = attentionKernels(0);
  // The first layer that attends to the cache of another one.
  const reader = config.kvLayers?.findIndex((layer, reading) => layer !== reading) ?? -1;
  const products = productsOf(config, weights);
  const kernels = await allOf({
    embed: compileKernel(device, embedSource(embeddingFormat(weights))),
    rmsNorm: compileKernel(device, rmsNormSource(sharing)),
    cached,
    readers: reader > 0 ? attentionKernels(reader) : cached,
    combine: compileKernel(device, combineSource(attention)),
    argmax: compileKernel(device, choice.argmax),
    matmul: ofEachProduct(products, ({ format, output }) =>
      compileOnce(choice.matmul.source(format, output)),
    ),
    matvec: ofEachProduct(products, ({ format, output }) =>
      compileOnce(choice.matvec.source(format, output, { norm: FOLDS_NORM[output] })),
    ),
  });
  return { ...kernels, choice };
}

export type ModelKernels = Awaited<ReturnType<typeof compileKernels>>;

/** Compiles all sources of one label once: sources with the same label are the same. */
function onceByLabel(device: Device) {
  const compiled = new Map<string, Promise<Kernel<string>>>();
  return <Binding extends string>(source: KernelSource<Binding>): Promise<Kernel<Binding>> =>
    memoizeByKey(compiled, source.label, () => compileKernel(device, source)) as Promise<
      Kernel<Binding>
    >;
}

/** A kind of matrix product that a model has. */
interface Product {
  format: WeightFormat;
  output: LinearOutput;
}

/** What the forward pass does with the products of a weight, by the weight's role. */
const OUTPUT_OF_ROLE: Readonly<Record<string, LinearOutput>> = {
  qkv: "store",
  attentionOutput: "add",
  gateUp: "swiglu",
  down: "add",
  head: "store",
};

/** Every kind of product of a model. Some come several times. */
function productsOf(config: ModelConfig, weights: readonly StoredWeight[]): Product[] {
  const layers = weights.flatMap(({ role, format }) => {
    const output = OUTPUT_OF_ROLE[role];
    return output ? [{ format, output }] : [];
  });
  if (!config.tiedEmbeddings) return layers;
  return [...layers, { format: embeddingFormat(weights), output: "store" }];
}

function embeddingFormat(weights: readonly StoredWeight[]): WeightFormat {
  const embedding = weights.find(({ role }) => role === "embedding");
  assert(embedding !== undefined, "the model has no embedding");
  return embedding.format;
}

const productKey = ({ format, output }: Product): string => `${format} ${output}`;

/** Compiles a kernel for each kind of product. @returns the kernel of a kind */
async function ofEachProduct<T>(
  products: readonly Product[],
  compile: (product: Product) => Promise<T>,
): Promise<(format: WeightFormat, output: LinearOutput) => T> {
  const kinds = new Map(products.map((product) => [productKey(product), product]));
  const compiled = new Map(
    await Promise.all([...kinds].map(async ([key, kind]) => [key, await compile(kind)] as const)),
  );
  return (format, output) => {
    const kernel = compiled.get(productKey({ format, output }));
    assert(kernel !== undefined, `no product of the model is ${format} ${output}`);
    return kernel;
  };
}

/** Awaits all promises of an object, and returns their results under the same names. */
async function allOf<T extends Record<string, Promise<unknown>>>(
  promises: T,
): Promise<{ [Name in keyof T]: Awaited<T[Name]> }> {
  const entries = Object.entries(promises).map(async ([name, promise]) => [name, await promise]);
  return Object.fromEntries(await Promise.all(entries)) as { [Name in keyof T]: Awaited<T[Name]> };
}
