import { type ReactNode, useRef } from "react";
import { useEngineStatus } from "../../client/hooks/client-context.ts";
import { FailureAlerts } from "../notices/FailureAlerts.tsx";
import { Composer } from "../composer/Composer.tsx";
import { ConsentQuestion } from "../notices/ConsentQuestion.tsx";
import type { ConversationPlace } from "../address/conversation-location.ts";
import { EmptyThread, withExample } from "../thread/EmptyThread.tsx";
import { ComposerNotice } from "../composer/ComposerNotice.tsx";
import { focusForTyping } from "../focus-for-typing.ts";
import { StatusLine } from "../notices/StatusLine.tsx";
import { Thread } from "../thread/Thread.tsx";
import { failureAlerts } from "../notices/failure-alerts.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { type Conversation, useConversation } from "../conversation/use-conversation.ts";
import { useDraft } from "../composer/use-draft.ts";
import { useModelDecision } from "../notices/use-model-decision.ts";

interface ChatProps {
  place: ConversationPlace;
  options: UrlOptions;
  /** Shown above the thread. */
  notice: ReactNode;
  /** A message of this conversation is stored: it can be come back to. */
  onStored: () => void;
}

/** One conversation; mounted anew for another. */
export function Chat({ place, options, notice, onStored }: ChatProps) {
  const status = useEngineStatus();
  const conversation = useConversation(place.conversationId, options);
  const { messages = [], state, composer, stop, takeOver } = conversation;
  const draft = useDraft(place);
  const input = useRef<HTMLTextAreaElement>(null);

  const send = async () => {
    const sent = draft.text;
    if (!(await conversation.send(sent.trim()))) return;
    draft.removeSent(sent);
    onStored();
  };
  const model = useModelDecision(input, conversation.dismiss);
  const regenerate: Conversation["regenerate"] = (how) => {
    conversation.regenerate(how);
    // The pressed button is gone.
    focusForTyping(input.current);
  };
  const retries = {
    load: model.load,
    regenerate: () => regenerate(),
    read: conversation.readAgain,
  };
  const pickExample = (prompt: string) => {
    draft.change(withExample(draft.text, prompt));
    input.current?.focus();
  };

  return (
    <main className="chat">
      {notice}
      <Thread
        messages={messages}
        state={state}
        firstInView={conversation.firstInView}
        onRegenerate={composer.is === "ready" ? regenerate : undefined}
      >
        {conversation.messages && <EmptyThread onPick={pickExample} />}
      </Thread>
      <div className="foot">
        {model.question && <ConsentQuestion question={model.question} onDecide={model.decide} />}
        <FailureAlerts
          alerts={failureAlerts({ status, ...conversation, messages })}
          onRetry={(what) => retries[what]()}
          onUseEmbedded={model.useEmbedded}
        />
        <StatusLine status={status} isModelAsked={model.question !== undefined} />
        <ComposerNotice state={composer} />
        <Composer
          text={draft.text}
          state={composer}
          input={input}
          onChange={draft.change}
          onSend={() => void send()}
          onStop={stop}
          onTakeOver={takeOver}
        />
      </div>
    </main>
  );
}
