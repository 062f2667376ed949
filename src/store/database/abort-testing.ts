import { unwrap } from "idb";
import type { Database } from "./open-database.ts";

/** As on a full disk: every request succeeds, and then the transaction aborts; `times` it is so. */
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
              // fake-indexeddb's own way to abort for a reason of the browser's.
              if (left > 0) (tx as unknown as { _abort(name: string): void })._abort(reason);
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
