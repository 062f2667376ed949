import { t } from "@lingui/core/macro";
import { Fragment, type ReactNode, type RefObject, useEffect, useRef } from "react";
import type { ChatState } from "../../client/chat-state.ts";
import type { MessageRecord, ReplyModel } from "../../protocol/store-api.ts";
import type { Conversation } from "../conversation/use-conversation.ts";
import { ContextCut } from "./ContextCut.tsx";
import { followEnd } from "./follow-end.ts";
import { EditableMessage } from "./EditableMessage.tsx";
import { LastAnswerButtons } from "./LastAnswerButtons.tsx";
import { ModelChange, modelChanges } from "./ModelChange.tsx";
import { useShownMessages } from "./use-shown-messages.ts";
import { useSoughtMessage } from "./use-sought-message.ts";
import { useStableActions } from "./use-stable-actions.ts";

/** What can be done with the messages that are shown. */
export type ThreadActions = Pick<
  Conversation,
  "regenerate" | "edit" | "showVersion" | "continueReply"
> & {
  /** Opens a new conversation with the messages down to this one. Absent where nothing of it may be kept. */
  fork?: (messageId: string) => void;
};

interface ThreadProps {
  messages: readonly MessageRecord[];
  state: ChatState;
  /** The first message that the model has in view; null if it sees all of them. */
  firstInView: string | null;
  /** The message that is to be scrolled to, where one was searched for. */
  sought?: { messageId: string } | undefined;
  /** Which messages have other versions, and which. */
  versions: Conversation["versions"];
  /** What can be done with messages. Absent while the model is busy. */
  actions: ThreadActions | undefined;
  /** Shown while there are no messages. */
  children: ReactNode;
}

/** The messages of a conversation, scrolled to its end. */
export function Thread({ messages, state, firstInView, sought, ...props }: ThreadProps) {
  const { versions, children } = props;
  const actions = useStableActions(props.actions);
  const growingId = state.phase === "answering" ? state.reply.messageId : undefined;
  const scroller = useRef<HTMLDivElement>(null);
  const { hidden, begun } = useShownMessages(scroller, messages.length);
  const isBeginningLost = hidden === 0 && messages[0] && messages[0].parentId !== null;
  const changes = modelChanges(messages);
  const last = messages.at(-1);
  useScrolling(scroller, messages);
  useSoughtMessage({ scroller, sought, messages, hidden });
  return (
    <div className="thread" ref={scroller}>
      <div>
        {messages.length === 0 && children}
        {isBeginningLost && (
          <p className="hint">{t`What was said before cannot be shown here. It is not deleted.`}</p>
        )}
        <div className="log" role="log" aria-live="off" aria-label={t`Conversation`}>
          {messages.slice(hidden).map((message, i) => (
            <Fragment key={message.id}>
              {message.id === firstInView && <ContextCut />}
              <Changed message={message} before={changes.get(message.id)} />
              <EditableMessage
                message={message}
                isGrowing={message.id === growingId}
                isLast={message === last}
                isFirstShown={hidden + i >= begun}
                versions={versions.get(message.id)}
                actions={actions}
              />
            </Fragment>
          ))}
        </div>
        {actions && last && <LastAnswerButtons last={last} actions={actions} />}
      </div>
    </div>
  );
}

/** Says before a message that another model writes from there on, if one does. */
function Changed({ message, before }: { message: MessageRecord; before: ReplyModel | undefined }) {
  return before && message.model ? <ModelChange model={message.model} before={before} /> : null;
}

/** Follows the end as it grows, and goes there when a question is asked. */
function useScrolling(
  scroller: RefObject<HTMLDivElement | null>,
  messages: readonly MessageRecord[],
): void {
  useEffect(() => followEnd(scroller.current), [scroller]);
  // Whoever asks wants to see the answer, wherever they were reading.
  const lastQuestionId = messages.findLast(({ role }) => role === "user")?.id;
  useEffect(() => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [scroller, lastQuestionId]);
}
