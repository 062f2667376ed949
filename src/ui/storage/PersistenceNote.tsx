import { useIsStoragePersistent, useStorageUsage } from "../../client/hooks/storage-queries.ts";
import { memorySentence, persistenceSentence } from "./storage-words.ts";

/** Says whether the browser may delete the page's data by itself. */
export function PersistenceNote() {
  const usage = useStorageUsage();
  const isPersistent = useIsStoragePersistent();
  const mode = usage.data?.mode;
  if (mode?.kind === "memory") return <p>{memorySentence(mode.reason)}</p>;
  return isPersistent.data === undefined ? null : <p>{persistenceSentence(isPersistent.data)}</p>;
}
