import { type ReactNode, useEffect, useRef } from "react";
import type { ChatState } from "../client/chat-state.ts";
import type { MessageRecord } from "../protocol/store-api.ts";
import { followEnd } from "./follow-end.ts";
import { Message } from "./Message.tsx";

interface ThreadProps {
  messages: readonly MessageRecord[];
  state: ChatState;
  /** Absent while the model is busy. */
  onRegenerate: (() => void) | undefined;
  /** Shown while there are no messages. */
  children: ReactNode;
}

export function Thread({ messages, state, onRegenerate, children }: ThreadProps) {
  const growingId = state.phase === "answering" ? state.reply.messageId : undefined;
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
        <div className="log" role="log" aria-label="Conversation">
          {messages.map((message) => (
            <Message key={message.id} message={message} isGrowing={message.id === growingId} />
          ))}
        </div>
        {onRegenerate && messages.length > 0 && (
          <button type="button" className="regenerate" onClick={onRegenerate}>
            Regenerate
          </button>
        )}
      </div>
    </div>
  );
}
