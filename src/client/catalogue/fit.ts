import {
  bufferBytes,
  memoryBytes,
  neededFeatures,
  type Variant,
} from "../../catalogue/catalogue.ts";
import { parametersOf } from "../../catalogue/model-memory.ts";
import type { BaseModel } from "../../catalogue/base-model.ts";
import type { ProcessorSpeed } from "../../protocol/engine-processor.ts";
import { processorAdvice } from "../models/processor-advice.ts";
import type { MemoryBudget } from "./memory-budget.ts";

/** What is known of the device that models run on. */
export type DeviceProfile = GpuProfile | ProcessorProfile;

export interface GpuProfile {
  on: "gpu";
  features: ReadonlySet<string>;
  /** Bytes that one buffer may have, and that one binding of it may have. */
  maxBufferBytes: number;
  /** Bytes that the invocations of a workgroup may share. */
  workgroupBytes: number;
  /** Buffers that one kernel may read and write. */
  storageBuffers: number;
  budget: MemoryBudget;
}

export interface ProcessorProfile {
  on: "processor";
  /** Undefined until it was measured. */
  speed: Pick<ProcessorSpeed, "weightsPerMs"> | undefined;
}

/** Whether a model fits a device, and why it may not, or does not. Sizes are in bytes. */
export type Fit =
  | { is: "fits"; tokensPerSecond?: number }
  | { is: "may-not-fit"; because: MayNotReason }
  | { is: "does-not-fit"; because: DoesNotReason };

export type MayNotReason =
  /** It takes more than is known to be there. */
  | { is: "memory"; bytes: number; budgetBytes: number }
  /** Nobody knows how much it takes. */
  | { is: "unknown-size" }
  /** It runs on the processor, and slowly. */
  | { is: "slow"; tokensPerSecond: number | undefined };

export type DoesNotReason =
  /** Only WebLLM runs it, and that needs a graphics card. */
  | { is: "needs-card" }
  | { is: "feature"; name: string }
  /** One of its buffers is larger than the graphics card allows. */
  | { is: "buffer"; bytes: number; allowedBytes: number }
  /** Kernels of WebLLM need more than the graphics card has. */
  | { is: "kernels" }
  | { is: "memory"; bytes: number; mostBytes: number }
  | { is: "processor-memory" }
  | { is: "storage"; bytes: number; freeBytes: number };

interface Circumstances {
  contextTokens: number;
  device: DeviceProfile;
  /** Bytes that may still be stored; undefined where the browser does not say, or nothing has to be. */
  freeBytes: number | undefined;
}

/** What WebLLM asks of every device. Source: `detectGPUDevice` of its runtime. */
const WEBLLM_WORKGROUP_BYTES = 32 * 1024;
const WEBLLM_STORAGE_BUFFERS = 10;

/**
 * Whether a model fits a device.
 *
 * FD1 It does not where the device lacks a feature, allows no buffer as large as one of the model's, or is none that its
 *     engine runs on.
 * FD2 It does not where it takes more memory than the most that such a device may have, and may not where it takes more
 *     than is known to be there, or nobody knows how much it takes.
 * FD3 On the processor it does not where the weights are beyond its memory, and may not where it would be slow.
 * FD4 It does not where the browser has no room for the download.
 * FD5 What does not comes before what may not: the first reason is told.
 */
export function fitOf(
  model: BaseModel,
  variant: Variant,
  { contextTokens, device, freeBytes }: Circumstances,
): Fit {
  const fit =
    device.on === "gpu"
      ? fitOnGpu(model, variant, { contextTokens, device })
      : fitOnProcessor(model, variant, device);
  const { downloadBytes } = variant;
  const isStored = freeBytes === undefined || downloadBytes === undefined;
  if (fit.is === "does-not-fit" || isStored || downloadBytes <= freeBytes) return fit;
  return doesNot({ is: "storage", bytes: downloadBytes, freeBytes });
}

const doesNot = (because: DoesNotReason): Fit => ({ is: "does-not-fit", because });
const mayNot = (because: MayNotReason): Fit => ({ is: "may-not-fit", because });

function fitOnGpu(
  model: BaseModel,
  variant: Variant,
  { contextTokens, device }: { contextTokens: number; device: GpuProfile },
): Fit {
  const lacking = neededFeatures(variant).find((name) => !device.features.has(name));
  if (lacking !== undefined) return doesNot({ is: "feature", name: lacking });
  const isSmall =
    device.workgroupBytes < WEBLLM_WORKGROUP_BYTES ||
    device.storageBuffers < WEBLLM_STORAGE_BUFFERS;
  if (variant.engine === "webllm" && isSmall) return doesNot({ is: "kernels" });
  const buffer = bufferBytes(model, variant, contextTokens);
  if (buffer !== undefined && buffer > device.maxBufferBytes)
    return doesNot({ is: "buffer", bytes: buffer, allowedBytes: device.maxBufferBytes });
  return fitInMemory(memoryBytes(model, variant, contextTokens), device.budget);
}

function fitInMemory(bytes: number | undefined, budget: MemoryBudget): Fit {
  if (bytes === undefined) return mayNot({ is: "unknown-size" });
  if (bytes > budget.mostBytes)
    return doesNot({ is: "memory", bytes, mostBytes: budget.mostBytes });
  if (bytes > budget.bytes) return mayNot({ is: "memory", bytes, budgetBytes: budget.bytes });
  return { is: "fits" };
}

function fitOnProcessor(model: BaseModel, variant: Variant, { speed }: ProcessorProfile): Fit {
  if (variant.engine === "webllm") return doesNot({ is: "needs-card" });
  const { name, shape } = model;
  const known = { parameters: parametersOf(shape), bytes: variant.downloadBytes };
  const advice = processorAdvice({ name, ...known, speed });
  switch (advice?.is) {
    case "too-large":
      return doesNot({ is: "processor-memory" });
    case "slow":
      return mayNot({ is: "slow", tokensPerSecond: advice.tokensPerSecond });
    case "quick":
      return { is: "fits", tokensPerSecond: advice.tokensPerSecond };
    case undefined:
      return { is: "fits" };
  }
}
