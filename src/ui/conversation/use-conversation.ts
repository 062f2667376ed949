import { useMemo, useState } from "react";
import { type ChatState, withReply } from "../../client/chat-state.ts";
import type { RegenerateRequest } from "../../client/session/chat-session.ts";
import {
  useAccess,
  useAnsweringIn,
  useChatState,
  useClient,
  useModelQuestion,
  useVersion,
} from "../../client/hooks/client-context.ts";
import { shownPath } from "../../client/session/message-path.ts";
import { useConversationQuality } from "../../client/hooks/quality-queries.ts";
import { useMessages } from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { useRestore } from "../../client/hooks/use-restore.ts";
import type { EngineFailure, Result } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { firstInView } from "./first-in-view.ts";
import { type ComposerState, composerStateOf } from "./composer-state.ts";
import type { UrlOptions } from "../address/url-options.ts";

/** A turn on its way to the session; once it is there, the chat state tells of it. */
type Attempt =
  { phase: "none" } | { phase: "pending" } | { phase: "refused"; failure: EngineFailure };

export interface Conversation {
  /** The path that is shown, with the reply as far as it has come; undefined until it was read. */
  messages: readonly MessageRecord[] | undefined;
  state: ChatState;
  composer: ComposerState;
  /** A newer build has taken this one's place. */
  isOutdated: boolean;
  /** Why a message, or the wish for another answer, was not taken. */
  refusal: EngineFailure | undefined;
  /** Why the messages could not be read. */
  unread: EngineFailure | undefined;
  /** True once the message is stored. */
  send: (text: string) => Promise<boolean>;
  /** The first message that the model had in view; null if it saw all of them. */
  firstInView: string | null;
  /** Answer the last question again, or at last. */
  regenerate: (how?: Pick<RegenerateRequest, "exactContext">) => void;
  stop: () => void;
  /** Write here from now on, and no more in the tab that does. */
  takeOver: () => void;
  dismiss: () => void;
  readAgain: () => void;
}

export function useConversation(conversationId: string, options: UrlOptions): Conversation {
  const { session, access } = useClient();
  const isOutdated = useVersion().is === "outdated";
  const stored = useStoredPath(conversationId);
  const state = useChatState(conversationId);
  const answeringIn = useAnsweringIn();
  const writing = useAccess(conversationId);
  const isModelAsked = useModelQuestion() !== undefined;
  const [attempt, setAttempt] = useState<Attempt>({ phase: "none" });
  const all = stored.all && withReply(stored.all, state);
  const messages = all && shownPath(all);
  const last = messages?.at(-1);
  const isFollower = writing.is === "follower";
  const quality = useConversationQuality(conversationId);
  const wanted = options.quality ?? quality.level;
  const path = writing.is === "writer" ? stored.path : undefined;
  useRestore(conversationId, path, wanted);

  const start = async (turn: Promise<Result<void>>): Promise<boolean> => {
    setAttempt({ phase: "pending" });
    const started = await turn;
    setAttempt(started.ok ? { phase: "none" } : { phase: "refused", failure: started.failure });
    return started.ok;
  };
  /** As it is when the turn begins. */
  const request = () => ({
    conversationId,
    sampling: options.sampling,
    quality: options.quality ?? quality.lastKnown(),
  });
  const sendAfterHead = async (text: string): Promise<Result<void>> => {
    const head = await stored.readHead();
    return head.ok ? session.send({ ...request(), parentId: head.value, text }) : head;
  };
  return {
    messages,
    firstInView: all && messages ? firstInView(messages, all) : null,
    state,
    composer: composerStateOf({
      conversationId,
      access: writing,
      isModelAsked,
      answeringIn: attempt.phase === "pending" ? conversationId : answeringIn,
    }),
    isOutdated,
    // What another tab's writing refuses is said beside the composer.
    refusal: attempt.phase === "refused" && !isFollower ? attempt.failure : undefined,
    unread: stored.failure,
    send: (text) => start(sendAfterHead(text)),
    regenerate: (how) => {
      if (!last) return;
      void start(session.regenerate({ ...request(), messageId: last.id, ...how }));
    },
    stop: () => void session.stop(),
    takeOver: () => void access.takeOver(conversationId),
    dismiss: () => session.dismiss(conversationId),
    readAgain: stored.readAgain,
  };
}

interface StoredPath {
  /** The whole tree; undefined until it was read. */
  all: readonly MessageRecord[] | undefined;
  /** The path to its head, as it is stored now or was a moment ago; undefined while that is not known. */
  path: readonly MessageRecord[] | undefined;
  failure: EngineFailure | undefined;
  /** The head's id as it is stored now: a message after an older one would begin another branch. */
  readHead: () => Promise<Result<string | null>>;
  readAgain: () => void;
}

function useStoredPath(conversationId: string): StoredPath {
  const query = useMessages(conversationId);
  const { data, error, isFetchedAfterMount, isFetching, isStale, refetch } = query;
  const isNow = isFetchedAfterMount && !isFetching && !error;
  // KV may begin to come back by what was read before the conversation was opened.
  const isKnown = isNow || (!isStale && !error);
  const path = useMemo(() => (isKnown && data ? shownPath(data) : undefined), [isKnown, data]);
  return {
    all: data,
    path,
    failure: error ? failureOf(error) : undefined,
    readHead: async () => {
      const read = isNow ? query : await refetch({ cancelRefetch: false });
      if (read.error) return { ok: false, failure: failureOf(read.error) };
      return { ok: true, value: read.data?.at(-1)?.id ?? null };
    },
    readAgain: () => void refetch(),
  };
}
