import { t } from "@lingui/core/macro";
import { useEngineStatus } from "../../client/hooks/client-context.ts";
import { oneThreadSentence } from "./processor-place.ts";

/** Says, until it is dismissed, that the model could be faster here. Nothing is wrong. */
export function OneThreadNotice({ onDismiss }: { onDismiss: () => void }) {
  const status = useEngineStatus();
  const isOnProcessor = status.phase === "ready" && status.model.device === "processor";
  const sentence = oneThreadSentence(globalThis);
  if (!isOnProcessor || sentence === undefined) return null;
  return (
    <div role="note" aria-label={t`One thread`} className="notice">
      <p>{sentence}</p>
      <button type="button" onClick={onDismiss}>
        {t`Dismiss`}
      </button>
    </div>
  );
}
