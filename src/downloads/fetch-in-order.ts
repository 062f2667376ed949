import type { ModelFiles } from "./fetch-files.ts";
import type { ShardFile } from "./shard-file.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * Fetches shards one after the other. The first is asked for at once, and each further one as soon as the one before it
 * is there, so that at most two are in memory at a time.
 *
 * @param onBytes told how many bytes of all shards together are there
 */
export function fetchInOrder(
  files: ModelFiles,
  shards: readonly ShardFile[],
  onBytes: (loadedBytes: number) => void,
): AsyncIterable<Bytes> {
  const loaded = shards.map(() => 0);
  const fetchShard = (i: number): Promise<Bytes> | undefined => {
    const shard = shards[i];
    const bytes =
      shard &&
      files.shard(shard, (shardBytes) => {
        loaded[i] = shardBytes;
        onBytes(loaded.reduce((sum, each) => sum + each, 0));
      });
    // A failure is told to whoever awaits the shard. After the failure of an earlier one nobody does.
    bytes?.catch(() => undefined);
    return bytes;
  };
  return inOrder(fetchShard, fetchShard(0));
}

async function* inOrder(
  fetchShard: (i: number) => Promise<Bytes> | undefined,
  first: Promise<Bytes> | undefined,
): AsyncGenerator<Bytes> {
  let next = first;
  for (let i = 1; next !== undefined; i++) {
    const bytes = await next;
    next = fetchShard(i);
    yield bytes;
  }
}
