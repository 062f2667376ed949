import type { ProcessorKernel } from "../../processor-kernel.ts";
import { accumulateSketch } from "./accumulate-sketch.ts";
import { attentionGram } from "./attention-gram.ts";
import { attentionRowsMean } from "./attention-rows-mean.ts";
import { attentionRows } from "./attention-rows.ts";
import { queryMoments } from "./query-moments.ts";
import { rowMoments } from "./row-moments.ts";

/** The kernels of `shaders/statistics`. */
export const STATISTICS_KERNELS: Readonly<Record<string, ProcessorKernel>> = {
  "accumulate-sketch": accumulateSketch,
  "attention-gram": attentionGram,
  "attention-rows": attentionRows,
  "attention-rows-mean": attentionRowsMean,
  "query-moments": queryMoments,
  "row-moments": rowMoments,
};
