import "fake-indexeddb/auto";
import { chunkStoreDamageConformance } from "./chunk-store-damage.conformance.ts";
import { chunkStoreSpaceConformance } from "./chunk-store-space.conformance.ts";
import { chunkStoreConformance, type OpenChunkStore } from "./chunk-store.conformance.ts";
import { idbChunkTable } from "./idb-chunk-table.ts";
import { databaseConnection } from "./open-database.ts";
import { testChunkStore } from "./testing.ts";
import { recordBytes } from "./value-bytes.ts";

let databases = 0;
const freshName = () => `chunks-${++databases}`;

const open: OpenChunkStore = (limits) =>
  testChunkStore(
    { table: idbChunkTable(databaseConnection(freshName())), bytes: recordBytes },
    limits,
  );

chunkStoreConformance(open);
chunkStoreDamageConformance(open);
chunkStoreSpaceConformance(open);
