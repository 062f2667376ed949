import { EngineError } from "../shared/engine-error.ts";
import type { IndexRange } from "../shared/index-range.ts";
import { partsOf, type RangedFile } from "./ranged-file.ts";

/**
 * A file on the disk, which was picked, dropped or kept.
 *
 * Where it was changed or removed since, the browser refuses to read it, and reading throws `model-file-gone`.
 *
 * @param url its address, for errors
 */
export function openLocalFile(file: File, url: string): RangedFile {
  const parts = partsOf(file.size);
  const slice = ({ start, end }: IndexRange) => read(file, { start, end }, url);
  return {
    url,
    bytes: file.size,
    validator: undefined,
    parts,
    slice,
    async part(index, onBytes) {
      const bytes = await slice(parts[index] ?? { start: 0, end: 0 });
      onBytes?.(bytes.length);
      return bytes;
    },
    missingBytes: () => Promise.resolve(0),
  };
}

async function read(file: File, { start, end }: IndexRange, url: string) {
  const buffer = await file
    .slice(start, end)
    .arrayBuffer()
    .catch((cause: unknown) => {
      throw new EngineError({ code: "model-file-gone", name: file.name }, { cause });
    });
  if (buffer.byteLength !== end - start) throw new EngineError({ code: "model-changed", url });
  return new Uint8Array(buffer);
}
