import type { Database } from "./open-database.ts";
import { withStorageFailures } from "./storage-failure.ts";

/**
 * Runs `work` on the database.
 *
 * @throws EngineError if the browser, the disk or the user made it fail; any other error is a bug
 */
export type WithDatabase = <T>(work: (db: Database) => Promise<T>) => Promise<T>;

/**
 * The function by which a store does its work on the database.
 *
 * @param connect gives the open connection, or a new one after that was lost
 */
export const withDatabase =
  (connect: () => Promise<Database>): WithDatabase =>
  (work) =>
    withStorageFailures(() => onceMoreIfLost(connect, work));

/**
 * Runs `work` on the database. If the connection is lost meanwhile, as when the user clears the site's data, `work`
 * runs once more on a new one: what it had begun on the lost connection has left no trace.
 */
async function onceMoreIfLost<T>(
  connect: () => Promise<Database>,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const db = await connect();
  try {
    return await work(db);
  } catch (error) {
    // A connection reports its loss only after its transactions have failed: one task later, or a few on a busy
    // machine.
    for (let task = 0; task < TASKS; task++) {
      await nextTask();
      const next = await connect();
      if (next !== db) return work(next);
    }
    throw error;
  }
}

/** How many tasks to wait for the report of a lost connection. */
const TASKS = 8;

const nextTask = () => new Promise((resolve) => setTimeout(resolve));
