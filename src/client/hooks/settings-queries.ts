import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import type { Result } from "../../protocol/errors.ts";
import type { ConversationRecord } from "../../protocol/store-api.ts";
import { useClient, useDefaultSettings } from "./client-context.ts";
import { conversationsQuery, queryKeys, refresh } from "./conversation-queries.ts";

export interface OwnSettings {
  /** Undefined until they were read. */
  settings: ConversationSettings | undefined;
  /** The settings at the moment of the call. They are read from the store unless they are known already. */
  read: () => Promise<ConversationSettings>;
  /** The settings as far as they are known at the moment of the call, for callers that must not wait. */
  lastKnown: () => ConversationSettings;
  /** Resolves when they are stored; or kept with the draft of a conversation that has not begun. */
  save: (settings: ConversationSettings) => Promise<Result<void>>;
  /** The conversation has begun, and its settings are stored with it. */
  begun: () => void;
}

/** How the model answers in a conversation: as was chosen for it, or as the defaults say until it has begun. */
export function useConversationSettings(conversationId: string): OwnSettings {
  const { store, channel, chatSettings } = useClient();
  const { drafts, defaults } = chatSettings;
  const queries = useQueryClient();
  const own = useQuery({
    ...conversationsQuery(store),
    select: (records) => storedSettings(records, conversationId),
  }).data;
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.of(conversationId));
  const forNew = useDefaultSettings();
  const among = (records: readonly ConversationRecord[] | undefined): ConversationSettings => {
    // Where they cannot be read, no message can be stored either, and that is said.
    if (!records) return {};
    const { isKept, settings } = storedSettings(records, conversationId);
    return isKept ? settings : (drafts.of(conversationId) ?? defaults.getSnapshot());
  };
  return {
    settings: own && (own.isKept ? own.settings : (draft ?? forNew)),
    read: async () => {
      const reading = queries.query({ ...conversationsQuery(store), staleTime: Infinity });
      return among(await reading.catch(() => undefined));
    },
    lastKnown: () => among(queries.getQueryData<ConversationRecord[]>(queryKeys.conversations)),
    save: async (settings) => {
      if (own?.isKept !== true) {
        drafts.choose(conversationId, settings);
        return { ok: true, value: undefined };
      }
      const saved = await store.changeConversation(conversationId, { settings });
      channel.post({ type: "stored", conversationId });
      await refresh(queries, conversationId);
      return saved;
    },
    begun: () => drafts.begun(conversationId),
  };
}

interface StoredSettings {
  /** Whether the conversation is stored, so that its settings are too. */
  isKept: boolean;
  settings: ConversationSettings;
}

function storedSettings(
  records: readonly ConversationRecord[],
  conversationId: string,
): StoredSettings {
  const record = records.find(({ id }) => id === conversationId);
  return { isKept: record !== undefined, settings: record?.settings ?? {} };
}
