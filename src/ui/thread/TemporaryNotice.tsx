import { t } from "@lingui/core/macro";
import { MessageCircleDashed } from "lucide-react";

/** Says above a temporary conversation what becomes of it. */
export function TemporaryNotice() {
  return (
    <div className="temporary" role="note" aria-label={t`Temporary conversation`}>
      <MessageCircleDashed aria-hidden size="1.25em" />
      <p>
        <strong>{t`Nothing of this conversation is kept.`}</strong>{" "}
        {t`It is in no list, nothing is learned from it, and it is gone when this tab is closed or loaded again.`}
      </p>
    </div>
  );
}
