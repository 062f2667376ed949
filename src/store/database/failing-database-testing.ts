import { forceCloseDatabase } from "fake-indexeddb";
import { unwrap } from "idb";
import { assert } from "../../shared/assert.ts";
import type { Database } from "./open-database.ts";

/**
 * Makes the next `times` writing transactions end as on a full disk: every request succeeds, and then the
 * transaction aborts, for the reason `reason`.
 */
export function abortTransactions(db: Database, reason: string, times = Infinity): void {
  const native = unwrap(db);
  const transaction = native.transaction.bind(native);
  let left = times;
  native.transaction = (...args) => {
    const tx = transaction(...args);
    if (tx.mode === "readwrite") {
      tx.addEventListener("abort", () => left--);
      const objectStore = tx.objectStore.bind(tx);
      tx.objectStore = (name) => {
        const store = objectStore(name);
        for (const method of ["put", "add"] as const) {
          const write = store[method].bind(store);
          store[method] = (...values) => {
            const request = write(...values);
            request.addEventListener("success", () => {
              if (left > 0) abortFor(reason, tx);
            });
            return request;
          };
        }
        return store;
      };
    }
    return tx;
  };
}

/** Aborts as a browser does for reasons of its own, which is a private method of fake-indexeddb. */
function abortFor(reason: string, tx: IDBTransaction): void {
  const abort: unknown = Reflect.get(tx, "_abort");
  assert(typeof abort === "function", "fake-indexeddb's transactions have a method _abort");
  Reflect.apply(abort, tx, [reason]);
}

/** The browser closes the connection, as when the user clears the site's data. */
export function loseConnection(db: Database): void {
  // Not called by its name: the package's types mistake the database for its class.
  Reflect.apply(forceCloseDatabase, undefined, [unwrap(db)]);
}
