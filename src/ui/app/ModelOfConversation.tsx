import { useClient } from "../../client/hooks/client-context.ts";
import { focusForTyping } from "../focus-for-typing.ts";
import { OtherModelNotice } from "../notices/OtherModelNotice.tsx";
import type { Chat } from "./use-chat.ts";
import { useOtherModel } from "./use-other-model.ts";

interface ModelOfConversationProps {
  chat: Pick<Chat, "conversation" | "model" | "input">;
  /** What the model is called that would answer; undefined until it is known which that is. */
  now: string | undefined;
}

/** Where another model would answer than the one that has: says so, and lets the person take either. */
export function ModelOfConversation({ chat, now }: ModelOfConversationProps) {
  const { conversation, model, input } = chat;
  const { modelChoice } = useClient();
  const other = useOtherModel(conversation.messages, now);
  // A question about a model speaks of one already.
  if (!other || model.question || conversation.state.phase === "answering") return null;
  return (
    <OtherModelNotice
      {...other}
      onContinue={() => {
        // The button said what the download takes.
        if (other.downloadBytes !== undefined)
          modelChoice.agreeToDownload(other.url, other.downloadBytes);
        model.pick(other.url);
      }}
      onGoOn={() => {
        other.goOn();
        // The button that was pressed is gone.
        focusForTyping(input.current);
      }}
    />
  );
}
