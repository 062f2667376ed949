import { t } from "@lingui/core/macro";
import { Copy, MessageCircleDashed } from "lucide-react";
import { announce } from "../announcer/announce.ts";
import { IconButton } from "../IconButton.tsx";
import { useConversationExport } from "../transfer/use-conversation-export.ts";

interface TemporaryNoticeProps {
  conversationId: string;
  /** Whether there is something to be copied. */
  hasText: boolean;
}

/** Says above a temporary conversation what becomes of it. It can be copied before it is gone, and in no other way kept. */
export function TemporaryNotice({ conversationId, hasText }: TemporaryNoticeProps) {
  const { copyMarkdown } = useConversationExport((sentence) =>
    announce(sentence, { isShown: true }),
  );
  return (
    <div className="temporary" role="note" aria-label={t`Temporary conversation`}>
      <MessageCircleDashed aria-hidden size="1.25em" />
      <p>
        <strong>{t`Nothing of this conversation is kept.`}</strong>{" "}
        {t`It is in no list, nothing is learned from it, and it is gone when this tab is closed or loaded again.`}
      </p>
      {hasText && (
        <IconButton
          icon={Copy}
          label={t`Copy as Markdown`}
          onClick={() => copyMarkdown({ id: conversationId, title: "" })}
        />
      )}
    </div>
  );
}
