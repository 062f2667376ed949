import { useMemo } from "react";
import { type ChatState, withReply } from "../../client/chat-state.ts";
import {
  useAccess,
  useAnsweringIn,
  useChatState,
  useClient,
  useModelQuestion,
  useQueue,
  useVersion,
} from "../../client/hooks/client-context.ts";
import { useConversationQuality } from "../../client/hooks/quality-queries.ts";
import { type OwnSettings, useConversationSettings } from "../../client/hooks/settings-queries.ts";
import { useRestore } from "../../client/hooks/use-restore.ts";
import type { RegenerateRequest } from "../../client/session/chat-session.ts";
import type { QueuedMessage } from "../../client/session/send-queue.ts";
import { shownPath, versionsOf, type Versions } from "../../client/session/message-path.ts";
import type { EngineFailure } from "../../protocol/errors.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import type { UrlOptions } from "../address/url-options.ts";
import { type ComposerState, composerStateOf } from "./composer-state.ts";
import { firstInView } from "./first-in-view.ts";
import { useStoredPath } from "./use-stored-path.ts";
import { useTurns, type Turns } from "./use-turns.ts";

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
  /** Resolves with true once the message is stored. */
  send: Turns["send"];
  /** The first message that the model had in view; null if it saw all of them. */
  firstInView: string | null;
  /** Answers the last question again, or for the first time where it has no answer yet. */
  regenerate: (how?: Pick<RegenerateRequest, "exactContext">) => void;
  /** Which messages of the path have other versions, and which. */
  versions: ReadonlyMap<string, Versions>;
  /** Sends a text in place of a message, in a branch of its own. Resolves with true once it is stored. */
  edit: Turns["edit"];
  showVersion: Turns["showVersion"];
  continueReply: Turns["continueReply"];
  /** Messages that are sent once the model is free, or once the person wants them sent. */
  queued: readonly QueuedMessage[];
  enqueue: Turns["enqueue"];
  releaseQueue: Turns["releaseQueue"];
  /** Takes a message out of the queue, whose files are still kept. */
  takeQueued: (id: string) => QueuedMessage | undefined;
  /** Throws a message of the queue away. */
  removeQueued: (id: string) => void;
  stop: () => void;
  /** How the model answers in it. */
  own: OwnSettings;
  /** Makes this tab the one that writes the conversation, instead of the tab that does. */
  takeOver: () => void;
  dismiss: () => void;
  readAgain: () => void;
}

const NO_VERSIONS: ReadonlyMap<string, Versions> = new Map();

/** One conversation as the page shows it, and all that can be done in it. */
export function useConversation(conversationId: string, options: UrlOptions): Conversation {
  const { session, queue, access: tabAccess } = useClient();
  const queued = useQueue(conversationId);
  const isOutdated = useVersion().is === "outdated";
  const stored = useStoredPath(conversationId);
  const state = useChatState(conversationId);
  const answeringIn = useAnsweringIn();
  const access = useAccess(conversationId);
  const isModelAsked = useModelQuestion() !== undefined;
  const quality = useConversationQuality(conversationId);
  const { readHead, readAgain } = stored;
  const settings = useConversationSettings(conversationId);
  const turns = useTurns({ conversationId, options, quality, settings, readHead });
  const path = access.is === "writer" ? stored.path : undefined;
  useRestore(conversationId, path, options.quality ?? quality.level, settings.settings);
  const all = stored.all && withReply(stored.all, state);
  const messages = all && shownPath(all);
  const versions = useMemo(
    () => (stored.all ? versionsOf(shownPath(stored.all), stored.all) : NO_VERSIONS),
    [stored.all],
  );
  return {
    messages,
    firstInView: all && messages ? firstInView(messages, all) : null,
    state,
    composer: composerStateOf({
      conversationId,
      access,
      isModelAsked,
      answeringIn: turns.isPending ? conversationId : answeringIn,
    }),
    isOutdated,
    // What is refused because another tab writes the conversation is said beside the composer.
    refusal: access.is === "follower" ? undefined : turns.refusal,
    unread: stored.failure,
    send: turns.send,
    regenerate: (how) => {
      const last = messages?.at(-1);
      if (last) turns.regenerate({ messageId: last.id, ...how });
    },
    versions,
    edit: turns.edit,
    showVersion: turns.showVersion,
    continueReply: turns.continueReply,
    // Where another tab writes the conversation, its messages wait there.
    queued: access.is === "follower" ? [] : queued,
    enqueue: turns.enqueue,
    releaseQueue: turns.releaseQueue,
    takeQueued: (id) => queue.take(conversationId, id),
    removeQueued: (id) => queue.remove(conversationId, id),
    own: settings,
    stop: () => void session.stop(),
    takeOver: () => void tabAccess.takeOver(conversationId),
    dismiss: () => session.dismiss(conversationId),
    readAgain,
  };
}
