import type { EngineStatus } from "../../protocol/engine-api.ts";
import { DraftFiles } from "../attachments/DraftFiles.tsx";
import { Composer } from "../composer/Composer.tsx";
import { ComposerNotice } from "../composer/ComposerNotice.tsx";
import { QueuedMessages } from "../composer/QueuedMessages.tsx";
import { focusForTyping } from "../focus-for-typing.ts";
import type { Chat } from "./use-chat.ts";

/** Where a message is written, with what waits to be sent, and the files that it will bring along. */
export function ChatComposer({ chat, status }: { chat: Chat; status: EngineStatus }) {
  const { conversation, draft, attached, input } = chat;
  const { composer } = conversation;
  return (
    <>
      <ComposerNotice state={composer} />
      <QueuedMessages
        queued={conversation.queued}
        onEdit={chat.editQueued}
        onRemove={conversation.removeQueued}
        onSend={composer.is === "ready" ? conversation.releaseQueue : undefined}
      />
      <DraftFiles
        files={attached}
        text={draft.text}
        contextTokens={status.phase === "ready" ? status.model.contextTokens : undefined}
        isAnswering={conversation.state.phase === "answering"}
        onRemoved={() => focusForTyping(input.current)}
      />
      <Composer
        text={draft.text}
        state={composer}
        input={input}
        enterSends={chat.enterSends}
        hasFiles={attached.attachments.length > 0}
        onChange={draft.change}
        onAttach={attached.attach}
        onAttachText={attached.attachText}
        onSend={() => void chat.send()}
        onQueue={() => void chat.enqueue()}
        onStop={conversation.stop}
        onTakeOver={conversation.takeOver}
      />
    </>
  );
}
