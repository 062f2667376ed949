import { t } from "@lingui/core/macro";
import { useStorageUsage } from "../../client/hooks/storage-queries.ts";
import { memorySentence } from "./storage-words.ts";

/** Says, until it is dismissed, that this browser keeps nothing. */
export function MemoryNotice({ onDismiss }: { onDismiss: () => void }) {
  const usage = useStorageUsage();
  const mode = usage.data?.mode;
  if (mode?.kind !== "memory") return null;
  return (
    <div role="note" aria-label={t`Nothing is kept`} className="notice">
      <p>{memorySentence(mode.reason)}</p>
      <button type="button" onClick={onDismiss}>
        {t`Dismiss`}
      </button>
    </div>
  );
}
