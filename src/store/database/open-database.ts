import { openDB, type IDBPDatabase } from "idb";
import { EngineError } from "../../shared/engine-error.ts";
import { DatabaseHandover } from "./database-handover.ts";
import { migrations, SCHEMA_VERSION, type RekindleDb } from "../records/schema.ts";
import { announceUpgrade, isUpgradeAnnounced, thisLocks } from "./upgrade-lock.ts";

export type Database = IDBPDatabase<RekindleDb>;

interface OpenOptions {
  version?: number;
  /** Called when the connection was closed by the browser, or so that another tab can delete the database. */
  onLost?: () => void;
  /** Called when a newer build waits for `close` to upgrade the database. Without this, it is closed at once. */
  onWanted?: (close: () => void) => void;
  /** Called when an upgrade begins. */
  onUpgrade?: () => void;
  /** Called when an upgrade has to wait until other tabs have closed the database. */
  onBlocked?: () => void;
}

/** Opens the database, and upgrades it to `version` if it is older. */
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
    // Another tab wants to delete the database, or to upgrade it to a newer build's version.
    blocking(_current, newVersion, event) {
      const close = () => (event.target as IDBDatabase).close();
      if (newVersion !== null && onWanted) {
        onWanted(close);
        return;
      }
      close();
      onLost?.();
    },
    // The user has cleared this site's data, or the disk has failed.
    terminated() {
      onLost?.();
    },
  });
}

/**
 * A function that gives the open database. It is opened at the first call, and again after its connection was lost.
 * When a newer build has taken it over, every call fails with `outdated`.
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

/**
 * How long to wait for the database to open, unless some tab upgrades it: some browsers have been known never to
 * answer.
 */
const OPEN_MS = 10_000;

interface OpeningParts {
  handover: DatabaseHandover;
  locks: ReturnType<typeof thisLocks>;
  onLost: () => void;
}

/** Opens the database, waits as long as an upgrade takes, and keeps the handover's phase up to date. */
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

/**
 * What `opening` gives. Every `OPEN_MS` in which it has given nothing, `hasReason` is asked whether there is a
 * reason to wait on.
 *
 * @throws DOMException `TimeoutError` when there is none
 */
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
