import type { ChunkRun, StoredForm } from "../../kv/value/stored-form.ts";
import { orAborted } from "../../shared/or-aborted.ts";
import type { StorableRows } from "../sequence/prepared-model.ts";

/** A chunk's values, by layer group. */
export type ChunkValues = Uint8Array<ArrayBuffer>[];

/** Chunks in the form that they are to be stored in. */
export interface CodedChunks {
  form: StoredForm;
  values: readonly ChunkValues[];
}

/**
 * Codes chunks, in pieces that are short beside `SLICE_MS` or not much longer.
 *
 * @returns undefined if the signal was aborted
 */
export async function encodeChunks(
  { valueCoder }: Pick<StorableRows, "valueCoder">,
  runs: readonly ChunkRun[],
  form: StoredForm,
  signal: AbortSignal,
): Promise<CodedChunks | undefined> {
  const values: ChunkValues[] = [];
  // What a basis' matrices take is not waited for by who wants to use the cache: it is made all the same, in steps.
  await orAborted(valueCoder.prepareEncoding(form), signal);
  for (const run of runs) {
    if (signal.aborted) return undefined;
    const coded = await valueCoder.encode(run, form, signal).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    if (!coded) return undefined;
    values.push(coded);
  }
  return signal.aborted ? undefined : { form, values };
}

/** Bytes of all values together. */
export const codedBytes = ({ values }: CodedChunks): number =>
  values.flat().reduce((sum, { length }) => sum + length, 0);

/** The codecs of a form, each once, in the order of layers. */
export const codecsOf = ({ codecOf }: StoredForm, layers: number): string[] => [
  ...new Set(Array.from({ length: layers }, (_, layer) => codecOf(layer))),
];
