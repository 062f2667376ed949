import { useQuality, useSetQuality } from "../../client/hooks/quality-queries.ts";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { DEFAULT_QUALITY, type QualityLevel } from "../../protocol/quality.ts";

export interface QualityChoice {
  /** The level for all conversations; undefined until it was read. */
  forAll: QualityLevel | undefined;
  /** A conversation's own level; undefined where it has the level for all. */
  forConversation: (conversationId: string) => QualityLevel | undefined;
  /** Chooses a level for one conversation, or for all. An undefined level takes the choice back. */
  choose: (level: QualityLevel | undefined, conversationId?: string) => void;
  error: Error | null;
}

/** The levels that are chosen. A choice that is on its way to the store counts as stored. */
export function useQualityChoice(): QualityChoice {
  const quality = useQuality();
  const conversations = useConversations();
  const setting = useSetQuality();
  const wish = setting.isPending ? setting.variables : undefined;
  const isForAll = wish && wish.conversationId === undefined;
  return {
    forAll: isForAll ? (wish.level ?? DEFAULT_QUALITY) : quality.data,
    forConversation: (conversationId) =>
      wish?.conversationId === conversationId
        ? wish.level
        : conversations.data?.find(({ id }) => id === conversationId)?.quality,
    choose: (level, conversationId) => setting.mutate({ level, conversationId }),
    error: setting.error ?? quality.error,
  };
}
