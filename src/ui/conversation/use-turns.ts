import { useState } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import type { OwnSettings } from "../../client/hooks/settings-queries.ts";
import { type ConversationSettings, samplingOf } from "../../protocol/conversation-settings.ts";
import type { ConversationQuality } from "../../client/hooks/quality-queries.ts";
import type { RegenerateRequest, SendRequest } from "../../client/session/chat-session.ts";
import { keepQueuedFiles } from "../../client/session/queued-files.ts";
import { DEFAULT_ANSWER_TOKENS } from "../../protocol/answer-limit.ts";
import type { Attachment } from "../../protocol/attachments.ts";
import type { EngineFailure, Result } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import type { UrlOptions } from "../address/url-options.ts";
import type { StoredPath } from "./use-stored-path.ts";

interface TurnSources {
  conversationId: string;
  options: UrlOptions;
  quality: ConversationQuality;
  settings: Pick<OwnSettings, "read" | "lastKnown" | "begun">;
  readHead: StoredPath["readHead"];
}

/** What is known of a turn until the session has it; from then on the chat state says how it goes. */
type Attempt =
  { phase: "none" } | { phase: "pending" } | { phase: "refused"; failure: EngineFailure };

type SentMessage = Pick<SendRequest, "parentId" | "text" | "attachments">;

export interface Turns {
  /** A turn is on its way to the session. */
  isPending: boolean;
  /** Why the last message, or the wish for another answer, was not taken. */
  refusal: EngineFailure | undefined;
  /** Sends a message after the conversation's head. Resolves with true once the message is stored. */
  send: (text: string, attachments: readonly Attachment[]) => Promise<boolean>;
  /**
   * Sends a message in place of another one, with its files, in a branch of its own. Resolves with true once it is stored.
   */
  edit: (
    message: Pick<MessageRecord, "parentId" | "attachments">,
    text: string,
  ) => Promise<boolean>;
  /** Shows another version of a message. */
  showVersion: (messageId: string) => void;
  regenerate: (request: Pick<RegenerateRequest, "messageId" | "exactContext">) => void;
  /** Goes on with a reply that was cut. */
  continueReply: (messageId: string) => void;
  /** Has a message sent once the model is free. False if it could not be kept until then. */
  enqueue: (text: string, attachments: readonly Attachment[]) => Promise<boolean>;
  /** Has the messages sent that wait for the person. */
  releaseQueue: () => void;
}

/**
 * Begins turns in one conversation, with its quality and settings. What the page's address asks for goes before them.
 */
export function useTurns({
  conversationId,
  options,
  quality,
  settings,
  readHead,
}: TurnSources): Turns {
  const { session, queue } = useClient();
  const [attempt, setAttempt] = useState<Attempt>({ phase: "none" });
  const start = async (turn: Promise<Result<void>>): Promise<boolean> => {
    setAttempt({ phase: "pending" });
    const started = await turn;
    setAttempt(started.ok ? { phase: "none" } : { phase: "refused", failure: started.failure });
    return started.ok;
  };
  const requestWith = (own: ConversationSettings) => ({
    conversationId,
    systemPrompt: own.systemPrompt,
    sampling: { maxTokens: DEFAULT_ANSWER_TOKENS, ...samplingOf(own), ...options.sampling },
    quality: options.quality ?? quality.lastKnown(),
  });
  /** Quality and settings are read when the turn begins, not when the page was drawn last. */
  const request = async () => requestWith(await settings.read());
  const send = async (message: SentMessage): Promise<Result<void>> => {
    const own = await settings.read();
    const sent = await session.send({ ...requestWith(own), ...message, settings: own });
    if (sent.ok) settings.begun();
    return sent;
  };
  const sendAfterHead = async (message: Omit<SentMessage, "parentId">): Promise<Result<void>> => {
    const head = await readHead();
    return head.ok ? send({ ...message, parentId: head.value }) : head;
  };
  const regenerate = async (which: Pick<RegenerateRequest, "messageId" | "exactContext">) =>
    session.regenerate({ ...(await request()), ...which });
  const continueReply = async (messageId: string) =>
    session.continueReply({ ...(await request()), messageId });
  return {
    isPending: attempt.phase === "pending",
    refusal: attempt.phase === "refused" ? attempt.failure : undefined,
    send: (text, attachments) => start(sendAfterHead({ text, attachments })),
    edit: ({ parentId, attachments }, text) => start(send({ parentId, text, attachments })),
    showVersion: (messageId) => void start(session.showVersion(conversationId, messageId)),
    regenerate: (asked) => void start(regenerate(asked)),
    continueReply: (messageId) => void start(continueReply(messageId)),
    enqueue: async (text, attachments) => {
      const request = { ...requestWith(settings.lastKnown()), text };
      if (attachments.length === 0) return queue.add(request);
      const files = await keepQueuedFiles(conversationId, attachments);
      return files !== undefined && queue.add({ ...request, files });
    },
    releaseQueue: () => queue.release(requestWith(settings.lastKnown())),
  };
}
