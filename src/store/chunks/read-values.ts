import type { ReadRequest } from "../../protocol/kv-store-api.ts";
import type { Checksum } from "../bytes/checksum.ts";
import type { ValueBytes } from "../bytes/value-bytes.ts";
import type { ValueRecord } from "../records/chunk-record.ts";
import type { ReadSink } from "./chunk-store.ts";
import type { ChunkTable } from "./chunk-table.ts";

/** How many values' bytes are read at the same time. `npm run bench -- chunk-store` compares other numbers. */
const READ_WINDOW = 8;

interface ValueSource {
  table: ChunkTable;
  bytes: ValueBytes;
  checksum: Checksum;
}

/**
 * Reads values into `sink`, until all are read or the sink is closed.
 *
 * @returns the requests whose value is missing, unreadable, or not what was stored
 */
export async function readValues(
  source: ValueSource,
  requests: readonly ReadRequest[],
  sink: ReadSink,
): Promise<ReadRequest[]> {
  const refused: ReadRequest[] = [];
  // One transaction gives all records. They name the bytes, which are read after it has ended.
  const queue = [...(await source.table.values(requests)).entries()].values();
  const reader = async () => {
    for (const [index, record] of queue) {
      if (sink.isClosed()) return;
      const key = requests[index];
      const value = key && record && (await checkedValue(source, key, record));
      if (key && !value) refused.push(key);
      sink.take({ index, value });
    }
  };
  await Promise.all(Array.from({ length: READ_WINDOW }, reader));
  return refused;
}

/** The value, if it is what was stored. */
async function checkedValue(
  { bytes, checksum }: ValueSource,
  key: ReadRequest,
  record: ValueRecord,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const loaded = await bytes.load(record.bytes);
  return loaded && record.checksum === checksum(key, loaded) ? loaded : undefined;
}
