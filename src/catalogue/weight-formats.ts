/** @file How many bits a weight takes in the formats of MLC and GGUF: in the file, and on a device. */

/** Bits of a weight, with its share of the scales. */
export interface WeightFormat {
  /** In the files. */
  fileBits: number;
  /** On a device, in the engine of this project. Undefined where it does not read the format. */
  ownBits: number | undefined;
  /** On the GPU, in WebLLM. Undefined where it does not read the format. */
  webLlmBits: number | undefined;
  /** Bytes that WebLLM stores a number of K or V in. Ours has two. */
  webLlmKvBytes: 2 | 4;
}

const mlc = (
  [fileBits, ownBits, webLlmBits]: [number, number | undefined, number],
  webLlmKvBytes: 2 | 4,
): WeightFormat => ({ fileBits, ownBits, webLlmBits, webLlmKvBytes });

/**
 * MLC's formats. Groups of 32 weights have 4-bit codes and a scale, or groups of 40 have 3-bit codes. Where the name says
 * f32, files have bf16; WebLLM makes f32 of it, and the engine of this project leaves it as it is.
 */
const MLC_FORMATS: Readonly<Record<string, WeightFormat>> = {
  q0f16: mlc([16, 16, 16], 2),
  q0f32: mlc([16, 16, 32], 4),
  q4f16_1: mlc([4.5, 4.5, 4.5], 2),
  q4f32_1: mlc([4.5, 4.5, 5], 4),
  q3f16_1: mlc([3.6, undefined, 3.6], 2),
};

const gguf = (fileBits: number, ownBits: number): WeightFormat => ({
  fileBits,
  ownBits,
  webLlmBits: undefined,
  webLlmKvBytes: 2,
});

/**
 * GGUF's formats, as most of their weights are. On a device codes of 5 and 6 bits take 8, as shaders/forward/affine-format.ts
 * has it. In `Q4_K_M` a third of the weights has 6 bits.
 * Files may be larger than that: small models have their embeddings in 8 bits. What counts is how much more a weight takes
 * on a device than in the file.
 */
const GGUF_FORMATS: Readonly<Record<string, WeightFormat>> = {
  Q4_1: gguf(5, 5.1),
  Q4_K_M: gguf(5.2, 6.2),
  Q8_0: gguf(8.5, 9),
};

/** Undefined for a format that is not known here. */
export const weightFormat = (name: string): WeightFormat | undefined =>
  MLC_FORMATS[name] ?? GGUF_FORMATS[name];
