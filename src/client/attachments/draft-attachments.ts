import { openDB, type DBSchema, type IDBPDatabase } from "idb";
import { asAttachments, type Attachment } from "../../protocol/attachments.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { added } from "./added-attachments.ts";

interface DraftsDb extends DBSchema {
  attachments: { key: string; value: readonly Attachment[] };
}

type OnReturned = (key: string, attachments: readonly Attachment[]) => void;

/** Drafts with files that are kept. Beyond this number nothing more is, until one is sent. */
const MAX_DRAFTS = 50;

/**
 * The files of messages that were not sent yet, by conversation, from one visit to the next.
 *
 * They are in a database of the page's own, because they are too large for `localStorage`, which has the texts of drafts,
 * and because nobody has to wait for another tab or a worker to write. Where the browser keeps nothing, nothing is found. Of
 * temporary conversations nothing is kept.
 */
export class DraftAttachments {
  readonly #name: string;
  #opened: Promise<IDBPDatabase<DraftsDb>> | undefined;
  readonly #onReturns = new Set<OnReturned>();
  /** Calls are carried out in their order, so that what was kept last is what is found. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(name = "rekindle-drafts") {
    this.#name = name;
  }

  /** What this page would not have written is left out. */
  read(key: string): Promise<Attachment[]> {
    if (isTemporary(key)) return Promise.resolve([]);
    return this.#next([], async (db) => asAttachments(await db.get("attachments", key)));
  }

  /** Keeps the files of a draft; none removes what was kept. */
  write(key: string, attachments: readonly Attachment[]): Promise<void> {
    if (isTemporary(key)) return Promise.resolve();
    return this.#next(undefined, async (db) => {
      if (attachments.length === 0) await db.delete("attachments", key);
      else if (
        (await db.count("attachments")) < MAX_DRAFTS ||
        (await db.getKey("attachments", key))
      )
        await db.put("attachments", attachments, key);
    });
  }

  /**
   * Puts files that were sent back into the draft, before those that were attached since. False if they could not be kept:
   * then nothing has changed.
   */
  async giveBack(key: string, attachments: readonly Attachment[]): Promise<boolean> {
    if (isTemporary(key)) return this.#tell(key, attachments);
    const isKept = await this.#next(false, async (db) => {
      const since = asAttachments(await db.get("attachments", key));
      await db.put("attachments", added(attachments, since).attachments, key);
      return true;
    });
    return isKept && this.#tell(key, attachments);
  }

  #tell(key: string, attachments: readonly Attachment[]): true {
    for (const onReturned of this.#onReturns) onReturned(key, attachments);
    return true;
  }

  /** Calls `onReturned` with all files that come back to a draft. Returns the function that ends it. */
  listenToReturns(onReturned: OnReturned): () => void {
    this.#onReturns.add(onReturned);
    return () => this.#onReturns.delete(onReturned);
  }

  #next<T>(otherwise: T, work: (db: IDBPDatabase<DraftsDb>) => Promise<T>): Promise<T> {
    const done = this.#last.then(async () => {
      try {
        return await work(await this.#open());
      } catch {
        // Storage is blocked or full. A draft is a convenience, so the page goes on without it.
        return otherwise;
      }
    });
    this.#last = done;
    return done;
  }

  #open(): Promise<IDBPDatabase<DraftsDb>> {
    const forget = () => (this.#opened = undefined);
    this.#opened ??= openDB<DraftsDb>(this.#name, 1, {
      upgrade: (db) => void db.createObjectStore("attachments"),
      blocking: (_current, _next, event) => {
        (event.target as IDBDatabase).close();
        forget();
      },
      terminated: forget,
    });
    this.#opened.catch(forget);
    return this.#opened;
  }
}

/** The page's own. */
export const draftAttachments = new DraftAttachments();
