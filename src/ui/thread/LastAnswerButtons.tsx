import { t } from "@lingui/core/macro";
import { useEngineStatus } from "../../client/hooks/client-context.ts";
import type { EngineStatus } from "../../protocol/engine-api.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import type { ThreadActions } from "./Thread.tsx";

interface LastAnswerButtonsProps {
  last: MessageRecord;
  actions: ThreadActions;
}

/** What is worth doing after the last message where that is no whole answer, or one that older messages had an influence on. */
export function LastAnswerButtons({ last, actions }: LastAnswerButtonsProps) {
  const status = useEngineStatus();
  const canContinue = isCut(last) && canGoOn(status);
  const isFailed = last.role === "user" || last.status === "failed";
  const isApproximate = last.context?.approximate === true;
  if (!canContinue && !isFailed && !isApproximate) return null;
  return (
    <div className="again">
      {canContinue && (
        <button type="button" onClick={() => actions.continueReply(last.id)}>
          {t`Continue`}
        </button>
      )}
      {isFailed && (
        <button type="button" onClick={() => actions.regenerate()}>
          {t`Try again`}
        </button>
      )}
      {isApproximate && (
        <button type="button" onClick={() => actions.regenerate({ exactContext: true })}>
          {t`Answer again without older messages`}
        </button>
      )}
    </div>
  );
}

/** Whether a message is a reply that did not come to its own end. One that has not begun is given anew. */
export function isCut({ role, status, finishReason, text, reasoning }: MessageRecord): boolean {
  if (role !== "assistant" || (text === "" && reasoning === undefined)) return false;
  if (status === "complete") return finishReason !== undefined && finishReason !== "stop";
  return true;
}

/** Whether the model can go on with a reply; true where it is not known yet. */
const canGoOn = (status: EngineStatus): boolean =>
  status.phase !== "ready" || !status.model.cannotContinue;
