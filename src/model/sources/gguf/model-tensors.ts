import { fetchInOrder, type FetchPart } from "../../../downloads/fetch-in-order.ts";
import { assert } from "../../../shared/assert.ts";
import { isVector } from "../../architectures/architecture.ts";
import type { LoadedBlocks } from "../source.ts";
import type { ExpectedTensor } from "./expected-tensors.ts";
import { ROPE_FACTORS } from "./expected-tensors.ts";
import type { ExpectedTensors } from "./gguf-outline.ts";
import type { ReadFile } from "./read-model.ts";
import type { TensorInfo } from "./tensor-infos.ts";
import { tensorRows, type TensorRows } from "./tensor-rows.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A file, and the parts of it that hold weights. */
interface FileContents {
  tensors: readonly TensorInfo[];
  /** Where the first of these parts begins. */
  start: number;
  parts: readonly FetchPart[];
}

/**
 * Hands over every weight, in the order of the files. The first part is asked for at once.
 *
 * @param onBytes told how many bytes of all files have come; those before the first weight count from the beginning
 */
export function modelTensors(
  files: readonly ReadFile[],
  expected: ExpectedTensors,
  onBytes: (loadedBytes: number) => void,
): AsyncIterable<LoadedBlocks> {
  const contents = files.map(contentsOf);
  const skipped = contents.reduce((sum, { start }) => sum + start, 0);
  const parts = contents.flatMap((file) => file.parts);
  const coming = fetchInOrder(parts, (loaded) => {
    onBytes(skipped + loaded);
  });
  return weightsOf(contents, coming, expected);
}

function contentsOf({ file, tensors, bytes }: ReadFile): FileContents {
  const own = tensors.filter(({ name }) => name !== ROPE_FACTORS);
  const first = own[0]?.start ?? bytes.length;
  const from = Math.max(
    0,
    file.parts.findIndex(({ end }) => end > first),
  );
  const parts = file.parts.slice(from).map(
    (_, i): FetchPart =>
      (told) =>
        file.part(from + i, told),
  );
  return { tensors: own, start: file.parts[from]?.start ?? 0, parts };
}

async function* weightsOf(
  files: readonly FileContents[],
  coming: AsyncIterable<Bytes>,
  expected: ExpectedTensors,
): AsyncGenerator<LoadedBlocks> {
  const parts = coming[Symbol.asyncIterator]();
  for (const { tensors, start, parts: own } of files) {
    const contents = take(parts, own.length);
    for await (const rows of tensorRows(tensors, contents, start)) yield* blocksOf(rows, expected);
    // Bytes behind the last tensor are read to the end, so that all of a file is in the cache.
    while ((await contents.next()).done !== true);
  }
}

/** The next ones of some parts. */
async function* take(parts: AsyncIterator<Bytes>, count: number): AsyncGenerator<Bytes> {
  for (let i = 0; i < count; i++) {
    const next = await parts.next();
    assert(next.done !== true, "every part of a file comes");
    yield next.value;
  }
}

/** Rows of a weight, and behind the last row of a vocabulary those that are added to it. */
function* blocksOf(rows: TensorRows, expected: ExpectedTensors): Generator<LoadedBlocks> {
  const { tensor, start, end, bytes } = rows;
  const meant = expected.get(tensor.name);
  assert(meant !== undefined, `${tensor.name} passed the check of the tensors`);
  yield loaded(meant, tensor, { firstRow: meant.firstRow + start, count: end - start, bytes });
  const added = addedRows(meant);
  if (added === 0 || end < tensor.rows) return;
  const zeros = new Uint8Array(added * tensor.rowBytes);
  yield loaded(meant, tensor, { firstRow: meant.rows, count: added, bytes: zeros });
}

/** Rows that the weight has behind those of its tensor. They hold zeros, which are zero blocks in every type. */
const addedRows = ({ weight, rows }: ExpectedTensor): number =>
  weight.kind === "embedding" ? (weight.shape[0] ?? 0) - rows : 0;

function loaded(
  { weight, interleavedHeadDim, columns, firstRow: first, rows }: ExpectedTensor,
  { type }: TensorInfo,
  { firstRow, count, bytes }: { firstRow: number; count: number; bytes: Bytes },
): LoadedBlocks {
  const whole = { weight: weight.key, part: "blocks", type, interleavedHeadDim, bytes } as const;
  // A vector comes in one piece. Each of its numbers counts as a row.
  if (isVector(weight.kind)) return { ...whole, firstRow: first, shape: [rows, 1] };
  return { ...whole, firstRow, shape: [count, columns] };
}
