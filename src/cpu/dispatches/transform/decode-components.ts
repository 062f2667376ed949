import type { ProcessorKernel } from "../../processor-kernel.ts";
import { boundBuffer } from "../bound-buffer.ts";

export const decodeComponentsRans: ProcessorKernel = (request) => {
  const [block, codes] = [boundBuffer(request, "block"), boundBuffer(request, "codes")];
  const [params, tables] = [boundBuffer(request, "params"), boundBuffer(request, "tables")];
  const words = [block.at, params.at, tables.at, codes.at, block.size / 2, codes.size / 4];
  return ([streams], run) => {
    run("decodeRans", words, streams);
  };
};

export const decodeComponentsFixed: ProcessorKernel = (request) => {
  const words = ["block", "params", "codes"].map((name) => boundBuffer(request, name).at);
  return ([components], run) => {
    run("decodeFixed", words, components, 16);
  };
};
