import type { IDBPTransaction, StoreNames } from "idb";
import type { Database } from "./open-database.ts";
import type { RekindleDb } from "../records/schema.ts";

type Stores = readonly StoreNames<RekindleDb>[];
type ReadTransaction<Names extends Stores> = IDBPTransaction<RekindleDb, Names>;
type WriteTransaction<Names extends Stores> = IDBPTransaction<RekindleDb, Names, "readwrite">;

/** Run `work` on one state of the database. */
export function readTransaction<T, const Names extends Stores>(
  db: Database,
  names: Names,
  work: (tx: ReadTransaction<Names>) => Promise<T>,
): Promise<T> {
  const tx = db.transaction(names);
  // When it aborts, its requests say so, and `work` awaits those.
  tx.done.catch(() => undefined);
  return work(tx);
}

/**
 * Run `work` in one transaction: all of it is kept when this resolves (on disk, if `durability` is
 * strict), none of it when it rejects.
 *
 * On a full disk every request succeeds and only then the transaction aborts (Chromium 156), so its
 * end is awaited whatever `work` did, and the reason is looked for on the transaction first.
 */
export async function writeTransaction<T, const Names extends Stores>(
  db: Database,
  names: Names,
  work: (tx: WriteTransaction<Names>) => Promise<T>,
  durability: "strict" | "relaxed" = "strict",
): Promise<T> {
  const tx = db.transaction(names, "readwrite", { durability });
  const worked = work(tx).catch((error: unknown) => {
    abort(tx);
    throw error;
  });
  const [outcome, end] = await Promise.allSettled([worked, tx.done]);
  if (tx.error) throw tx.error;
  if (outcome.status === "rejected") throw outcome.reason;
  if (end.status === "rejected") throw end.reason;
  return outcome.value;
}

/** What `work` did before it failed must not be kept. */
function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // It has ended already: that is why `work` failed.
  }
}
