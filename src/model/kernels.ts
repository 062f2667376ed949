import { argmaxSource } from "../../shaders/argmax.ts";
import {
  combineSource,
  decodeAttentionSource,
  planAttention,
  prefillAttentionSource,
  type AttentionPlan,
} from "../../shaders/attention.ts";
import { embedSource } from "../../shaders/embed.ts";
import {
  MATMUL_BROADCAST,
  MATMUL_TILED,
  MATVEC_BROADCAST,
  matvecShared,
  type LinearOutput,
  type MatmulVariant,
  type MatvecVariant,
} from "../../shaders/linear.ts";
import { laneSharing, type LaneSharing } from "../../shaders/reduce.ts";
import { rmsNormSource } from "../../shaders/rms-norm.ts";
import { ropeAppendSource } from "../../shaders/rope-append.ts";
import type { WeightFormat } from "../../shaders/weight-format.ts";
import type { AdapterDescription, Gpu } from "../gpu/device.ts";
import { compileKernel } from "../gpu/kernel.ts";
import type { ModelConfig } from "./loader/chat-config.ts";

/** Which variant of each kernel a device gets. */
export interface KernelChoice {
  matmul: MatmulVariant;
  matvec: MatvecVariant;
  sharing: LaneSharing;
  attention: AttentionPlan;
}

/**
 * Choose by what the adapter is: on a software one, workgroup memory and barriers cost more than the
 * loads they save (measured side by side by `npm run bench`).
 */
export function chooseKernels(adapter: AdapterDescription, config: ModelConfig): KernelChoice {
  const { hidden, ffn, heads, headDim } = config;
  const sharing = laneSharing(adapter);
  const broadcasts = adapter.software && adapter.subgroupLanes >= 4;
  const columnsFit = [hidden, ffn, heads * headDim].every((columns) => columns % 16 === 0);
  return {
    matmul: broadcasts ? MATMUL_BROADCAST : MATMUL_TILED,
    matvec: broadcasts && columnsFit ? MATVEC_BROADCAST : matvecShared(sharing),
    sharing,
    attention: planAttention(config, adapter),
  };
}

/** Compile every pipeline of a model, all at once. */
export async function compileKernels(
  { device, adapter }: Gpu,
  config: ModelConfig,
  format: WeightFormat,
) {
  const choice = chooseKernels(adapter, config);
  const { sharing, attention } = choice;
  const matmul = (output: LinearOutput) =>
    compileKernel(device, choice.matmul.source(format, output));
  const matvec = (output: LinearOutput, norm: boolean) =>
    compileKernel(device, choice.matvec.source(format, output, { norm }));
  const kernels = await allOf({
    embed: compileKernel(device, embedSource(format)),
    rmsNorm: compileKernel(device, rmsNormSource(sharing)),
    ropeAppend: compileKernel(device, ropeAppendSource(config)),
    prefillAttention: compileKernel(device, prefillAttentionSource(attention)),
    decodeAttention: compileKernel(device, decodeAttentionSource(attention)),
    combine: compileKernel(device, combineSource(attention)),
    argmax: compileKernel(device, argmaxSource),
    matmulStore: matmul("store"),
    matmulAdd: matmul("add"),
    matmulSwiglu: matmul("swiglu"),
    matvecNormStore: matvec("store", true),
    matvecAdd: matvec("add", false),
    matvecNormSwiglu: matvec("swiglu", true),
  });
  return { ...kernels, choice };
}

export type ModelKernels = Awaited<ReturnType<typeof compileKernels>>;

/** `Promise.all` by name. */
async function allOf<T extends Record<string, Promise<unknown>>>(
  promises: T,
): Promise<{ [Name in keyof T]: Awaited<T[Name]> }> {
  const entries = Object.entries(promises).map(async ([name, promise]) => [name, await promise]);
  return Object.fromEntries(await Promise.all(entries)) as { [Name in keyof T]: Awaited<T[Name]> };
}
