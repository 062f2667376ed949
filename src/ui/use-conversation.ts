import { useState } from "react";
import { type ChatState, withRun } from "../client/chat-state.ts";
import { useAnsweringIn, useChatState, useClient } from "../client/client-context.ts";
import { pathTo } from "../client/message-path.ts";
import { failureOf, useMessages } from "../client/queries.ts";
import type { SamplingOptions } from "../protocol/engine-api.ts";
import type { EngineFailure, Result } from "../protocol/errors.ts";
import type { MessageRecord } from "../protocol/store-api.ts";

/** A turn on its way to the session; once it is there, the chat state tells of it. */
type Attempt =
  { phase: "none" } | { phase: "pending" } | { phase: "refused"; failure: EngineFailure };

/** Where the model is busy: one conversation is answered at a time. */
export type Floor = { is: "free" } | { is: "here" } | { is: "elsewhere"; conversationId: string };

export interface Conversation {
  /** The path that is shown, with the reply as far as it has come; undefined until it was read. */
  messages: readonly MessageRecord[] | undefined;
  state: ChatState;
  floor: Floor;
  /** Why a message, or the wish for another answer, was not taken. */
  refusal: EngineFailure | undefined;
  /** Why the messages could not be read. */
  unread: EngineFailure | undefined;
  /** True once the message is stored. */
  send: (text: string) => Promise<boolean>;
  /** Answer the last question again, or at last. */
  regenerate: () => void;
  stop: () => void;
  dismiss: () => void;
  readAgain: () => void;
}

export function useConversation(conversationId: string, sampling: SamplingOptions): Conversation {
  const { session } = useClient();
  const stored = useMessages(conversationId);
  const state = useChatState(conversationId);
  const answeringIn = useAnsweringIn();
  const [attempt, setAttempt] = useState<Attempt>({ phase: "none" });
  const messages = stored.data && shownPath(withRun(stored.data, state));
  const last = messages?.at(-1);

  const start = async (turn: Promise<Result<void>>): Promise<boolean> => {
    setAttempt({ phase: "pending" });
    const started = await turn;
    setAttempt(started.ok ? { phase: "none" } : { phase: "refused", failure: started.failure });
    return started.ok;
  };
  return {
    messages,
    state,
    floor: floorOf(conversationId, attempt.phase === "pending" ? conversationId : answeringIn),
    refusal: attempt.phase === "refused" ? attempt.failure : undefined,
    unread: stored.error ? failureOf(stored.error) : undefined,
    send: (text) =>
      start(session.send({ conversationId, parentId: last?.id ?? null, text, sampling })),
    regenerate: () => {
      if (last) void start(session.regenerate({ conversationId, messageId: last.id, sampling }));
    },
    stop: () => void session.stop(),
    dismiss: () => session.dismiss(conversationId),
    readAgain: () => void stored.refetch(),
  };
}

/** The head of a conversation is the message that came last. */
function shownPath(messages: readonly MessageRecord[]): MessageRecord[] {
  return pathTo(messages, messages.at(-1)?.id ?? null);
}

function floorOf(conversationId: string, answeringIn: string | undefined): Floor {
  if (answeringIn === undefined) return { is: "free" };
  if (answeringIn === conversationId) return { is: "here" };
  return { is: "elsewhere", conversationId: answeringIn };
}
