import { chunkStoreDamageConformance } from "./chunk-store-damage.conformance.ts";
import { chunkStoreSpaceConformance } from "./chunk-store-space.conformance.ts";
import { chunkStoreConformance, type OpenChunkStore } from "./chunk-store.conformance.ts";
import { memoryChunkTable } from "./memory-chunk-table.ts";
import { testChunkStore } from "./chunk-store-testing.ts";
import { memoryBytes } from "../bytes/value-bytes.ts";

const open: OpenChunkStore = (limits) =>
  testChunkStore({ table: memoryChunkTable(), bytes: memoryBytes }, limits);

chunkStoreConformance(open);
chunkStoreDamageConformance(open);
chunkStoreSpaceConformance(open);
