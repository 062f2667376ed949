import { forceCloseDatabase } from "fake-indexeddb";
import { unwrap } from "idb";
import { vi } from "vitest";
import { assert } from "../../shared/assert.ts";
import type { Database } from "./open-database.ts";

/**
 * Makes the next `times` writing transactions fail like those on a full disk: every request succeeds, and then the
 * transaction aborts, with `reason` as the name of its error.
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

/** Makes the transaction fail in the same way that adds the next record, in whichever database. */
export function abortNextAdd(reason: string): void {
  const { prototype } = IDBObjectStore;
  const add = Reflect.get<IDBObjectStore, "add">(prototype, "add");
  vi.spyOn(prototype, "add").mockImplementationOnce(function (this: IDBObjectStore, ...values) {
    const request = add.apply(this, values);
    request.addEventListener("success", () => {
      abortFor(reason, this.transaction);
    });
    return request;
  });
}

/** Aborts with an error, as only a browser can. In fake-indexeddb this is a private method. */
function abortFor(reason: string, tx: IDBTransaction): void {
  const abort: unknown = Reflect.get(tx, "_abort");
  assert(typeof abort === "function", "fake-indexeddb's transactions have a method _abort");
  Reflect.apply(abort, tx, [reason]);
}

/** Closes the connection as a browser does when the user clears the site's data. */
export function loseConnection(db: Database): void {
  // It is not called directly, as the package declares its parameter to be the class of databases.
  Reflect.apply(forceCloseDatabase, undefined, [unwrap(db)]);
}
