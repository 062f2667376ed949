import { releaseBytes } from "../shared/release-bytes.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Fetches one of several parts, into memory that nothing else uses any more when it is there.
 *
 * @param onBytes told how many of its bytes are there
 */
export type FetchPart = (onBytes: (loadedBytes: number) => void) => Promise<Bytes>;

/**
 * Fetches parts one after the other. The first is asked for at once, and each further one as soon as the one before it
 * is there, so that at most two are in memory at a time. A part's bytes are valid until the next part is asked for: their
 * memory is given back then, which a collector would do only after all parts together had taken as much as the model.
 *
 * @param onBytes told how many bytes of all parts together are there
 */
export function fetchInOrder(
  parts: readonly FetchPart[],
  onBytes: (loadedBytes: number) => void,
): AsyncIterable<Bytes> {
  const loaded = parts.map(() => 0);
  const fetchPart = (i: number): Promise<Bytes> | undefined => {
    const bytes = parts[i]?.((partBytes) => {
      loaded[i] = partBytes;
      onBytes(loaded.reduce((sum, each) => sum + each, 0));
    });
    // A failure is told to whoever awaits the part. After the failure of an earlier one nobody does.
    bytes?.catch(() => undefined);
    return bytes;
  };
  return inOrder(fetchPart, fetchPart(0));
}

async function* inOrder(
  fetchPart: (i: number) => Promise<Bytes> | undefined,
  first: Promise<Bytes> | undefined,
): AsyncGenerator<Bytes> {
  let next = first;
  for (let i = 1; next !== undefined; i++) {
    const bytes = await next;
    next = fetchPart(i);
    yield bytes;
    releaseBytes(bytes.buffer);
  }
}
