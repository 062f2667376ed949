import { t } from "@lingui/core/macro";
import { useRemovalNotice } from "../../client/hooks/storage-queries.ts";

interface RemovalNoticeProps {
  isDismissed: boolean;
  onDismiss: () => void;
}

/**
 * Says once that an update has made what was cached useless. It is always in the document, because a live region that
 * appears together with its text is not read out.
 */
export function RemovalNotice({ isDismissed, onDismiss }: RemovalNoticeProps) {
  const isShown = useRemovalNotice() && !isDismissed;
  return (
    <div
      role="status"
      aria-label={t`Removed caches`}
      className={isShown ? "notice" : "visually-hidden"}
    >
      {isShown && (
        <>
          <p>
            {t`Since this update Rekindle computes more exactly, so the saved caches of earlier conversations were removed. The conversations are all here; the first answer in each takes longer.`}
          </p>
          <button type="button" onClick={onDismiss}>
            {t`Dismiss`}
          </button>
        </>
      )}
    </div>
  );
}
