import { type ReactNode, useState } from "react";
import { useEngineStatus } from "../../client/hooks/client-context.ts";
import type { ConversationPlace } from "../address/conversation-location.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { useFork } from "../conversation/use-fork.ts";
import { DropTarget } from "../models/DropTarget.tsx";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { TemporaryNotice } from "./TemporaryNotice.tsx";
import { ChatComposer } from "./ChatComposer.tsx";
import { ConversationBar } from "./ConversationBar.tsx";
import { ChosenModelBar } from "./ChosenModelBar.tsx";
import { ModelNotices } from "./ModelNotices.tsx";
import { ModelOfConversation } from "./ModelOfConversation.tsx";
import { type ShownModel, useShownModel } from "./use-shown-model.ts";
import { useSoughtBranch } from "./use-sought-branch.ts";
import { failureAlerts } from "../notices/failure-alerts.ts";
import { FailureAlerts } from "../notices/FailureAlerts.tsx";
import { StatusLine } from "../notices/StatusLine.tsx";
import { EmptyThread } from "../thread/EmptyThread.tsx";
import { FirstVisit } from "../thread/FirstVisit.tsx";
import { Thread, type ThreadActions } from "../thread/Thread.tsx";
import { useChat } from "./use-chat.ts";

interface ChatProps {
  place: ConversationPlace;
  options: UrlOptions;
  /** Shown above the thread. */
  notice: ReactNode;
  /** Called when a message of this conversation is stored, so that one can come back to it. */
  onStored: () => void;
  /** Called with the id of a conversation that was forked from this one. */
  onForked: (conversationId: string) => void;
  /** The conversation, which has not begun, is to be temporary or is not to be. */
  onTemporary: (isTemporary: boolean) => void;
}

/** One conversation, with everything that can be done in it. For another conversation it is mounted anew. */
export function Chat({ place, options, notice, onStored, onForked, onTemporary }: ChatProps) {
  const status = useEngineStatus();
  const chat = useChat(place, options, onStored);
  const { conversation, model, files } = chat;
  const { fork, failure: forkFailure } = useFork(place.conversationId, onForked);
  useSoughtBranch(place, conversation);
  const shown = useShownModel(status);
  const [isOpen, onOpenChange] = useState(false);
  const { messages = [], state, composer } = conversation;
  return (
    <main className="chat">
      {notice}
      {isTemporary(place.conversationId) && (
        <TemporaryNotice {...place} hasText={messages.length > 0} />
      )}
      <Thread
        messages={messages}
        state={state}
        firstInView={conversation.firstInView}
        sought={place.sought}
        versions={conversation.versions}
        actions={composer.is === "ready" ? actionsOf(chat, place, fork) : undefined}
      >
        <Introduction chat={chat} shown={shown} />
      </Thread>
      <div className="foot">
        <ModelOfConversation chat={chat} now={shown.name} />
        <ModelNotices model={model} files={files} onChoose={() => onOpenChange(true)} />
        <FailureAlerts
          alerts={failureAlerts({
            status,
            ...conversation,
            refusal: conversation.refusal ?? forkFailure,
            messages,
          })}
          onRetry={(what) => retriesOf(chat)[what]()}
          model={model}
        />
        <StatusLine
          conversationId={place.conversationId}
          status={status}
          name={shown.isPip ? undefined : shown.name}
          isModelAsked={model.question !== undefined}
        />
        <ChatComposer chat={chat} status={status} />
        <div className="under-composer">
          <ChosenModelBar
            shown={shown}
            choosing={{ isOpen, onOpenChange }}
            onUse={model.pick}
            onFiles={files.open}
          />
          <ConversationBar place={place} conversation={conversation} onTemporary={onTemporary} />
        </div>
      </div>
      <DropTarget onFiles={chat.drop} />
    </main>
  );
}

/** What is tried again after each kind of failure. */
const retriesOf = ({ conversation, model, regenerate }: ReturnType<typeof useChat>) => ({
  load: model.load,
  regenerate: () => regenerate(),
  read: conversation.readAgain,
});

/** What can be done with messages. Of a temporary conversation, nothing goes into one that is kept. */
function actionsOf(
  { conversation, regenerate, continueReply }: ReturnType<typeof useChat>,
  { conversationId }: ConversationPlace,
  fork: (messageId: string) => void,
): ThreadActions {
  const actions = { ...conversation, regenerate, continueReply };
  return isTemporary(conversationId) ? actions : { ...actions, fork };
}

/** What stands in an empty thread, once it is known that it is empty and which model answers. */
function Introduction({ chat, shown }: { chat: ReturnType<typeof useChat>; shown: ShownModel }) {
  if (!chat.conversation.messages || shown.isPip === undefined) return null;
  return (
    <EmptyThread
      isPip={shown.isPip}
      isOnProcessor={shown.place !== undefined}
      onPick={chat.pickExample}
    >
      <FirstVisit />
    </EmptyThread>
  );
}
