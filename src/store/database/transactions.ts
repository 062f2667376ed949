import type { IDBPTransaction, StoreNames } from "idb";
import type { Database } from "./open-database.ts";
import type { RekindleDb } from "../records/schema.ts";

type Stores = readonly StoreNames<RekindleDb>[];
type ReadTransaction<Names extends Stores> = IDBPTransaction<RekindleDb, Names>;
type WriteTransaction<Names extends Stores> = IDBPTransaction<RekindleDb, Names, "readwrite">;

/** Runs `work` in one reading transaction: it sees one state of the database. */
export function readTransaction<T, const Names extends Stores>(
  db: Database,
  names: Names,
  work: (tx: ReadTransaction<Names>) => Promise<T>,
): Promise<T> {
  const tx = db.transaction(names);
  // If the transaction aborts, its requests reject too, and `work` awaits those.
  tx.done.catch(() => undefined);
  return work(tx);
}

/**
 * Runs `work` in one writing transaction. When this resolves, everything that `work` wrote is stored; it is on the
 * disk already if `durability` is strict. When this rejects, nothing of it is.
 *
 * On a full disk every request succeeds, and only then the transaction aborts (Chromium 156). So the transaction's
 * end is awaited even if `work` has failed, and its own error is the first that is thrown.
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

/** Undoes what `work` wrote before it failed. */
function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // The transaction has ended already, which is why `work` failed.
  }
}
