import { t } from "@lingui/core/macro";
import type { MessageRecord } from "../../protocol/store-api.ts";
import type { Conversation } from "../conversation/use-conversation.ts";

interface RegenerateButtonsProps {
  lastMessage: MessageRecord | undefined;
  onRegenerate: Conversation["regenerate"];
}

/** Asks for another answer; for one that older messages had no influence on only where they had some. */
export function RegenerateButtons({ lastMessage, onRegenerate }: RegenerateButtonsProps) {
  return (
    <div className="again">
      <button type="button" onClick={() => onRegenerate()}>
        {t`Regenerate`}
      </button>
      {lastMessage?.context?.approximate && (
        <button type="button" onClick={() => onRegenerate({ exactContext: true })}>
          {t`Answer again without older messages`}
        </button>
      )}
    </div>
  );
}
