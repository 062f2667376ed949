import { ggufInvalid } from "./gguf-fault.ts";
import type { DescribedTensor, TensorInfo } from "./tensor-infos.ts";

interface FileShape {
  headerBytes: number;
  /** What the place of every tensor is a multiple of. */
  alignment: number;
  fileBytes: number;
  url: string;
}

/**
 * Works out where the tensors of a file lie. Each is whole blocks inside the file, and no two share a byte.
 *
 * @returns them in the order of their bytes
 * @throws EngineError `model-invalid`
 */
export function placeTensors(
  placed: readonly DescribedTensor[],
  { headerBytes, alignment, fileBytes, url }: FileShape,
): TensorInfo[] {
  const dataStart = Math.ceil(headerBytes / alignment) * alignment;
  const tensors = placed.map(({ offset, ...tensor }) => {
    const { name, rows, rowBytes } = tensor;
    if (offset % alignment !== 0)
      throw ggufInvalid(
        url,
        "tensor-alignment",
        `tensor ${name} is at ${offset}, which is no multiple of ${alignment}`,
      );
    const start = dataStart + offset;
    const end = start + rows * rowBytes;
    if (start >= fileBytes)
      throw ggufInvalid(url, "tensor-offset", `tensor ${name} begins behind the end of the file`);
    return { ...tensor, start, end };
  });
  tensors.sort((a, b) => a.start - b.start);
  let before: TensorInfo | undefined;
  for (const tensor of tensors) {
    if (before && before.end > tensor.start)
      throw ggufInvalid(url, "tensor-overlap", `tensors ${before.name} and ${tensor.name} overlap`);
    before = tensor;
  }
  if (before && before.end > fileBytes)
    throw ggufInvalid(
      url,
      "truncated-data",
      `the file has ${fileBytes} bytes, and tensor ${before.name} ends at ${before.end}`,
    );
  return tensors;
}
