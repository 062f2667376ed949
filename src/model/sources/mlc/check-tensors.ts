import { EngineError } from "../../../shared/engine-error.ts";
import { invalid } from "../../../shared/json-reader.ts";
import type { ExpectedTensor } from "./expected-tensors.ts";
import type { TensorIndex, TensorRecord } from "./tensor-index.ts";

/**
 * Throws `model-invalid` or `model-unsupported` unless the index lists exactly the tensors that are wanted. A tensor
 * too many, such as a bias, means that the model computes something else than this engine would.
 */
export function checkTensors(
  index: TensorIndex,
  wanted: readonly ExpectedTensor[],
  url: string,
): void {
  const tensors = index.shards.flatMap((shard) => shard.tensors);
  const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  for (const expected of wanted) {
    const tensor = found.get(expected.name);
    if (tensor === undefined) throw invalid(url, `tensor ${expected.name} is missing`);
    checkTensor(tensor, expected, url);
    found.delete(expected.name);
  }
  for (const name of found.keys()) throw invalid(url, `tensor ${name} is not expected`);
  refuseMixedFloats(tensors);
}

/** Refuses several float formats in one model: the kernels are compiled for one, and mlc-llm never writes more. */
function refuseMixedFloats(tensors: TensorRecord[]): void {
  const floats = new Set(tensors.map(({ dtype }) => dtype).filter((dtype) => dtype !== "u32"));
  if (floats.size > 1)
    throw new EngineError({
      code: "model-unsupported",
      what: "quantization",
      found: [...floats].join(" and "),
    });
}

function checkTensor(tensor: TensorRecord, expected: ExpectedTensor, url: string): void {
  const [shape, wanted] = [tensor.shape.join(" × "), expected.shape.join(" × ")];
  if (shape !== wanted) throw invalid(url, `tensor ${tensor.name} is ${shape}, not ${wanted}`);
  if (!expected.dtypes.includes(tensor.dtype))
    throw invalid(
      url,
      `tensor ${tensor.name} is ${tensor.dtype}, not ${expected.dtypes.join(" or ")}`,
    );
}
