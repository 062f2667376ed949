import type { ProcessorSpeed } from "../../protocol/engine-processor.ts";
import { parametersOf } from "./model-size.ts";

interface Circumstances {
  name: string;
  /** Bytes of the model's files; undefined if they are not known. */
  bytes: number | undefined;
  /** How many weights it has, where that is known better than its name and its size tell. */
  parameters?: number | undefined;
  /** Undefined until it was measured. */
  speed: Pick<ProcessorSpeed, "weightsPerMs"> | undefined;
}

export type ProcessorAdvice =
  /** Its weights do not fit into the memory that a page can have on the processor. */
  | { is: "too-large" }
  /** It runs, but it is larger than what a processor is quick with. */
  | { is: "slow"; tokensPerSecond: number | undefined }
  | { is: "quick"; tokensPerSecond: number };

/** WebAssembly's memory ends at 4 GiB, and the KV cache and the kernels need some of it. */
const MOST_BYTES = 3.5 * 2 ** 30;

/** A model of "1B" has up to 1.5 · 10⁹ weights. */
const MOST_PARAMETERS = 1.5e9;

/** About as fast as people read. */
const READING_SPEED = 5;

/** Part of the time that goes into products of weights; attention and the choice of the token take the rest. */
const SHARE_OF_PRODUCTS = 0.8;

/**
 * How a model can be expected to run on the processor.
 *
 * PA1 One whose files take more than 3.5 GiB does not fit into the memory that there is.
 * PA2 A token takes one multiplication for each weight. So its speed is what was measured, over the number of weights.
 * PA3 One of over 1.5 billion weights is slow, because its prompts are, and so is one that writes more slowly than
 *     people read.
 * PA4 Nothing is said of a model of which nothing is known, nor of a small one before anything was measured.
 */
export function processorAdvice({
  name,
  bytes,
  parameters = parametersOf({ name, bytes }),
  speed,
}: Circumstances): ProcessorAdvice | undefined {
  if (bytes !== undefined && bytes > MOST_BYTES) return { is: "too-large" };
  if (parameters === undefined) return undefined;
  const tokensPerSecond = speed && (speed.weightsPerMs * 1000 * SHARE_OF_PRODUCTS) / parameters;
  const isSlow = tokensPerSecond !== undefined && tokensPerSecond < READING_SPEED;
  if (parameters > MOST_PARAMETERS || isSlow) return { is: "slow", tokensPerSecond };
  return tokensPerSecond === undefined ? undefined : { is: "quick", tokensPerSecond };
}
