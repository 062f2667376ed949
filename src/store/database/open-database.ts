import { openDB, type IDBPDatabase } from "idb";
import { EngineError } from "../../shared/engine-error.ts";
import { DatabaseHandover } from "./database-handover.ts";
import { migrations, SCHEMA_VERSION, type RekindleDb } from "../records/schema.ts";
import { announceUpgrade, isUpgradeAnnounced, thisLocks } from "./upgrade-lock.ts";

export type Database = IDBPDatabase<RekindleDb>;

interface OpenOptions {
  version?: number;
  /** The connection was closed by the browser, or to let the database be deleted. */
  onLost?: () => void;
  /** A newer build is to upgrade the database, and waits for `close`. Without this it is closed at once. */
  onWanted?: (close: () => void) => void;
  /** An upgrade has begun. */
  onUpgrade?: () => void;
  /** An upgrade waits for other tabs to let the database go. */
  onBlocked?: () => void;
}

export function openDatabase(
  name: string,
  { version = SCHEMA_VERSION, onLost, onWanted, onUpgrade, onBlocked }: OpenOptions = {},
): Promise<Database> {
  return openDB<RekindleDb>(name, version, {
    upgrade(db, oldVersion, _newVersion, tx) {
      onUpgrade?.();
      for (const migrate of migrations.slice(oldVersion, version)) migrate(db, tx);
    },
    blocked: () => onBlocked?.(),
    // Another tab deletes the database or has a newer build: let it, rather than block it.
    blocking(_current, newVersion, event) {
      const close = () => (event.target as IDBDatabase).close();
      if (newVersion !== null && onWanted) {
        onWanted(close);
        return;
      }
      close();
      onLost?.();
    },
    // The user cleared this site's data, or the disk failed.
    terminated() {
      onLost?.();
    },
  });
}

/**
 * The database, opened when it is first asked for and again after its connection was lost. Once a newer
 * build has it, asking for it fails with `outdated`.
 */
export function databaseConnection(
  name: string,
  { handover = new DatabaseHandover(), locks = thisLocks() } = {},
): () => Promise<Database> {
  let opened: Promise<Database> | undefined;
  const forget = () => (opened = undefined);
  return () => {
    if (handover.phase === "outdated") return Promise.reject(outdated());
    if (!opened) {
      opened = openPatiently(name, { handover, locks, onLost: forget });
      opened.catch(forget);
    }
    return opened;
  };
}

const outdated = (cause?: unknown) => new EngineError({ code: "outdated" }, { cause });

/** Some browsers have been known never to answer. An upgrade, by whichever tab, may take longer. */
const OPEN_MS = 10_000;

interface OpeningParts {
  handover: DatabaseHandover;
  locks: ReturnType<typeof thisLocks>;
  onLost: () => void;
}

async function openPatiently(
  name: string,
  { handover, locks, onLost }: OpeningParts,
): Promise<Database> {
  let endAnnouncement: (() => void) | undefined;
  const onUpgrade = () => (endAnnouncement ??= announceUpgrade(locks));
  const onBlocked = () => {
    onUpgrade();
    handover.become("waiting");
  };
  const onWanted = (close: () => void) => handover.requestClose(close);
  const isUpgrading = async () => {
    if (endAnnouncement) return true;
    if (!(await isUpgradeAnnounced(locks))) return false;
    handover.become("waiting");
    return true;
  };
  try {
    const opening = openDatabase(name, { onLost, onWanted, onUpgrade, onBlocked });
    const db = await unlessSilent(opening, isUpgrading);
    if (handover.phase === "waiting") handover.become("current");
    return db;
  } catch (error) {
    if (!isNewerDatabase(error)) throw error;
    handover.become("outdated");
    throw outdated(error);
  } finally {
    endAnnouncement?.();
  }
}

/** What `opening` gives, unless it gives nothing for so long and there is no reason to wait. */
async function unlessSilent<T>(opening: Promise<T>, hasReason: () => Promise<boolean>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silent = new Promise<never>((_resolve, reject) => {
    const look = async () => {
      if (await hasReason()) timer = setTimeout(() => void look(), OPEN_MS);
      else reject(new DOMException("no answer when opening the database", "TimeoutError"));
    };
    timer = setTimeout(() => void look(), OPEN_MS);
  });
  try {
    return await Promise.race([opening, silent]);
  } finally {
    clearTimeout(timer);
  }
}

const isNewerDatabase = (error: unknown) =>
  error instanceof DOMException && error.name === "VersionError";
