import type { EngineFailure } from "../../protocol/errors.ts";
import type { ReplyModel, StoreApi } from "../../protocol/store-api.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { ChatSession } from "./chat-session.ts";
import type { ChatEngine } from "./turn.ts";
import { ConversationAccess } from "../tabs/conversation-access.ts";
import type { Locks } from "../tabs/conversation-lock.ts";
import { OtherTabsReplies } from "../tabs/other-tabs-replies.ts";
import { returnMessage } from "./return-message.ts";
import { broadcastReplies } from "./reply-broadcast.ts";
import { SendQueue } from "./send-queue.ts";
import type { TabChannel } from "../tabs/tab-channel.ts";

interface ChatTabOptions {
  engine: ChatEngine;
  store: StoreApi;
  channel: TabChannel;
  locks: Locks | undefined;
  /** Why no turn may begin now; undefined if one may. */
  refusal?: () => EngineFailure | undefined;
  /** The model that the engine has; undefined while it has none. */
  model?: () => ReplyModel | undefined;
  /** Reads again what is stored of the conversation. Resolves when what is on screen is up to date. */
  refresh: (conversationId: string) => Promise<void>;
}

/** This tab among others: its own turns, the conversations that it writes, and the turns of the other tabs. */
export interface ChatTab {
  session: ChatSession;
  /** What is to be sent once the model is free. */
  queue: SendQueue;
  access: ConversationAccess;
  otherTabs: OtherTabsReplies;
  channel: TabChannel;
}

export function createChatTab(options: ChatTabOptions): ChatTab {
  const { engine, store, locks, refresh } = options;
  const channel = silentOnTemporary(options.channel);
  const { refusal = () => undefined, model = () => undefined } = options;
  const otherTabs = new OtherTabsReplies(channel, refresh);
  const access: ConversationAccess = new ConversationAccess({
    channel,
    locks,
    onGain: async (conversationId, wasFollower) => {
      otherTabs.drop(conversationId);
      // A conversation that was just opened is read in any case. But a tab that followed another one may still
      // show a reply of that tab, which may have died.
      if (!wasFollower) return;
      channel.post({ type: "reply-ended", conversationId });
      await refresh(conversationId);
    },
    onLose: async (conversationId) => {
      await session.halt(conversationId);
      // Whether the turn is tried again is up to the other tab now.
      session.dismiss(conversationId);
    },
  });
  const onStored = (conversationId: string) => {
    channel.post({ type: "stored", conversationId });
    return refresh(conversationId);
  };
  const session: ChatSession = new ChatSession({
    engine,
    store,
    access,
    refusal,
    model,
    onStored,
    returnToDraft: returnMessage,
  });
  broadcastReplies(session, channel);
  channel.listen((message) => {
    if (message.type === "stored" || message.type === "deleted")
      void refresh(message.conversationId);
  });
  const queue = new SendQueue({ session, store });
  return { session, queue, access, otherTabs, channel };
}

/** Other tabs hear nothing of temporary conversations, which they could not show. */
function silentOnTemporary(channel: TabChannel): TabChannel {
  return {
    ...channel,
    post: (message) => {
      if (!("conversationId" in message) || !isTemporary(message.conversationId))
        channel.post(message);
    },
  };
}

/**
 * Deletes conversations in a way that can be taken back (`StoreApi.discardConversations`). Turns in them are stopped first,
 * whichever tabs they run in.
 */
export async function discardConversations(
  { session, access, channel }: ChatTab,
  store: StoreApi,
  conversationIds: readonly string[],
): ReturnType<StoreApi["discardConversations"]> {
  const holds = conversationIds.map((id) => ({ id, hold: access.hold(id) }));
  try {
    await Promise.all(
      holds.map(async ({ id, hold }) => {
        if (!(await hold.isWriter)) await access.takeOver(id);
        await session.forget(id);
      }),
    );
    const discarded = await store.discardConversations(conversationIds);
    if (discarded.ok)
      for (const conversationId of conversationIds)
        channel.post({ type: "deleted", conversationId });
    return discarded;
  } finally {
    for (const { hold } of holds) hold.release();
  }
}

/** Brings conversations back that were discarded, in every tab. */
export async function restoreConversations(
  { channel }: Pick<ChatTab, "channel">,
  store: StoreApi,
  conversationIds: readonly string[],
): ReturnType<StoreApi["restoreConversations"]> {
  const restored = await store.restoreConversations(conversationIds);
  if (restored.ok)
    for (const conversationId of conversationIds) channel.post({ type: "stored", conversationId });
  return restored;
}
