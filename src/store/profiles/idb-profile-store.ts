import type { IDBPTransaction } from "idb";
import type { Database } from "../database/open-database.ts";
import { MAX_PROFILES, type ProfileStore } from "./profile-store.ts";
import { type KeptProfile } from "../records/profile-record.ts";
import type { RekindleDb } from "../records/schema.ts";
import { withStorageFailures } from "../database/storage-failure.ts";
import { withDatabase } from "../database/with-database.ts";
import { readTransaction, writeTransaction } from "../database/write-transaction.ts";

/** What a crash of the system takes with it is measured again. */
const DURABILITY = "relaxed";

export function idbProfileStore(connect: () => Promise<Database>): ProfileStore {
  const withDb = <T>(work: (db: Database) => Promise<T>) =>
    withStorageFailures(() => withDatabase(connect, work));
  return {
    profile: (name) =>
      withDb((db) =>
        readTransaction(db, ["profiles"], async (tx) => {
          const kept = await tx.objectStore("profiles").index("by-name").get(name);
          return kept?.profile;
        }),
      ),
    keepProfile: (name, profile) =>
      withDb((db) => writeTransaction(db, ["profiles"], keeping({ name, profile }), DURABILITY)),
  };
}

const keeping =
  (kept: KeptProfile) => async (tx: IDBPTransaction<RekindleDb, ["profiles"], "readwrite">) => {
    const profiles = tx.objectStore("profiles");
    const replaced = await profiles.index("by-name").getKey(kept.name);
    if (replaced !== undefined) await profiles.delete(replaced);
    await profiles.add(kept);
    const numbers = await profiles.getAllKeys();
    const oldest = numbers.slice(0, Math.max(0, numbers.length - MAX_PROFILES));
    await Promise.all(oldest.map((number) => profiles.delete(number)));
  };
