import { Fragment, type ReactNode, useEffect, useRef, useState } from "react";
import type { ChatState } from "../../client/chat-state.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { ContextCut } from "./ContextCut.tsx";
import { followEnd } from "./follow-end.ts";
import { Message } from "./Message.tsx";
import type { Conversation } from "../conversation/use-conversation.ts";

/** Shown of a conversation at first, and more each time that is asked for. */
const SHOWN_MESSAGES = 200;

interface ThreadProps {
  messages: readonly MessageRecord[];
  state: ChatState;
  /** The first message that the model has in view; null if it sees all of them. */
  firstInView: string | null;
  /** Absent while the model is busy. */
  onRegenerate: Conversation["regenerate"] | undefined;
  /** Shown while there are no messages. */
  children: ReactNode;
}

export function Thread({ messages, state, firstInView, onRegenerate, children }: ThreadProps) {
  const growingId = state.phase === "answering" ? state.reply.messageId : undefined;
  const [parts, setParts] = useState(1);
  const hidden = Math.max(0, messages.length - parts * SHOWN_MESSAGES);
  const scroller = useRef<HTMLDivElement>(null);
  useEffect(() => followEnd(scroller.current), []);
  // Who asks wants to see the answer, wherever they were reading.
  const lastQuestionId = messages.findLast(({ role }) => role === "user")?.id;
  useEffect(() => {
    scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
  }, [lastQuestionId]);
  return (
    <div className="thread" ref={scroller}>
      <div>
        {messages.length === 0 && children}
        {hidden > 0 && (
          <button type="button" className="more" onClick={() => setParts(parts + 1)}>
            Show earlier messages
          </button>
        )}
        {hidden === 0 && messages[0] && messages[0].parentId !== null && (
          <p className="hint">What was said before cannot be shown here. It is not deleted.</p>
        )}
        <div className="log" role="log" aria-label="Conversation">
          {messages.slice(hidden).map((message) => (
            <Fragment key={message.id}>
              {message.id === firstInView && <ContextCut />}
              <Message message={message} isGrowing={message.id === growingId} />
            </Fragment>
          ))}
        </div>
        {onRegenerate && messages.length > 0 && (
          <div className="again">
            <button type="button" onClick={() => onRegenerate()}>
              Regenerate
            </button>
            {messages.at(-1)?.context?.approximate && (
              <button type="button" onClick={() => onRegenerate({ exactContext: true })}>
                Answer again without older messages
              </button>
            )}
          </div>
        )}
      </div>
    </div>
  );
}
