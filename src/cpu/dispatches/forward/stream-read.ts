import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";

export const streamRead: ProcessorKernel = (request) => {
  const data = boundBuffer(request, "data");
  const sums = boundBuffer(request, "sums");
  return ([groups], run) => {
    run("streamRead", [data.at, data.size / 16, sums.at], groups);
  };
};
