import type { Database } from "./open-database.ts";
import { withStorageFailures } from "./storage-failure.ts";

/**
 * Runs its argument on the database.
 *
 * @throws EngineError where the browser, the disk or the user made it fail; anything else is a bug
 */
export type WithDatabase = <T>(work: (db: Database) => Promise<T>) => Promise<T>;

/** @param connect gives the open connection, or a new one if that was lost */
export const withDatabase =
  (connect: () => Promise<Database>): WithDatabase =>
  (work) =>
    withStorageFailures(() => onceMoreIfLost(connect, work));

/**
 * Run `work` on the database; once more on a new connection if its own was lost under it, as when the
 * user clears the site's data. What a lost connection had not finished left no trace.
 */
async function onceMoreIfLost<T>(
  connect: () => Promise<Database>,
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const db = await connect();
  try {
    return await work(db);
  } catch (error) {
    // Its transactions end before a lost connection says so: by a task, or a few on a busy machine.
    for (let task = 0; task < TASKS; task++) {
      await nextTask();
      const next = await connect();
      if (next !== db) return work(next);
    }
    throw error;
  }
}

const TASKS = 8;

const nextTask = () => new Promise((resolve) => setTimeout(resolve));
