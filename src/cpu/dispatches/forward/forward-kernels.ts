import type { ProcessorKernel } from "../../processor-kernel.ts";
import { argmax } from "./argmax.ts";
import { embed } from "./embed.ts";
import { matmul } from "./matmul.ts";
import { matvec } from "./matvec.ts";
import { rmsNorm } from "./rms-norm.ts";
import { attentionCombine } from "./attention-combine.ts";
import { attention } from "./attention.ts";
import { ropeAppend } from "./rope-append.ts";
import { streamRead } from "./stream-read.ts";

/** The kernels of `shaders/forward`. */
export const FORWARD_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  argmax,
  embed,
  matmul,
  matvec,
  "rms-norm": rmsNorm,
  attention,
  "attention-combine": attentionCombine,
  "rope-append": ropeAppend,
  "stream-read": streamRead,
};
