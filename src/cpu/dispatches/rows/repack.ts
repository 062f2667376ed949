import { assert } from "../../../shared/assert.ts";
import type { KernelRequest, ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer, uniformWords } from "../bound-buffer.ts";

/** The numbers that `kernels/repack-blocks.ts` has for the types of quantized blocks. */
const BLOCKS: Readonly<Record<string, number>> = {
  Q4_0: 0,
  Q4_1: 1,
  Q5_0: 2,
  Q5_1: 3,
  Q8_0: 4,
  Q4_K: 5,
  Q5_K: 6,
  Q6_K: 7,
};

const FLOAT_BYTES: Readonly<Record<string, number>> = { F16: 2, BF16: 2, F32: 4 };

/** Columns that a thread takes at a time, in whole rows. */
const GRAIN_COLUMNS = 65_536;

export const repack: ProcessorKernel = (request) => {
  const blocks = boundBuffer(request, "blocks");
  const weights = boundBuffer(request, "weights");
  const params = boundBuffer(request, "params");
  const { kernel, words } = kernelFor(request);
  return (_, run) => {
    const [rows = 0, columns = 0, ...place] = uniformWords(request, params, 5);
    const grain = Math.ceil(GRAIN_COLUMNS / columns);
    run(kernel, [blocks.at, weights.at, columns, ...place, ...words], rows, grain);
  };
};

interface RepackKernel {
  kernel: string;
  /** What it takes besides what all of them take. */
  words: readonly number[];
}

function kernelFor({ options }: KernelRequest): RepackKernel {
  const [type, format] = [String(options["type"]), String(options["format"])];
  const block = BLOCKS[type];
  if (block === undefined) {
    const bytes = FLOAT_BYTES[type];
    assert(bytes !== undefined, `there are no blocks ${type}`);
    if (format === type.toLowerCase()) return { kernel: "repackCopy", words: [bytes] };
    return { kernel: "repackFloats", words: [Number(type === "BF16")] };
  }
  if (!format.startsWith("affine"))
    return { kernel: "repackValues", words: [block, Number(format === "f16")] };
  return { kernel: "repackCodes", words: [block, format.startsWith("affine4") ? 4 : 8] };
}
