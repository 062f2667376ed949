import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import { useClearKv, useSetLimit, useStorageUsage } from "../../client/hooks/storage-queries.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { ConversationRecord, StorageUsage } from "../../protocol/store-api.ts";
import { CopyDetails } from "../notices/CopyDetails.tsx";
import { failureSentence } from "../notices/failure-sentence.ts";
import { ClearCaches } from "./ClearCaches.tsx";
import { ConversationQualitySelect } from "./ConversationQualitySelect.tsx";
import { smallerWords } from "./form-words.ts";
import { LearningSettings } from "./LearningSettings.tsx";
import { LimitSelect } from "./LimitSelect.tsx";
import { QualitySelect } from "./QualitySelect.tsx";
import { StorageUsageView } from "./StorageUsageView.tsx";
import type { UsageRow } from "./storage-words.ts";
import { type QualityChoice, useQualityChoice } from "./use-quality-choice.ts";

interface CacheSettingsProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
}

/** How much room the caches take, how much they may take, and in which quality they are kept. */
export function CacheSettings({ askedQuality }: CacheSettingsProps) {
  const usage = useStorageUsage();
  const conversations = useConversations();
  const limit = useSetLimit();
  const clearing = useClearKv();
  const quality = useQualityChoice();
  const error = clearing.error ?? limit.error ?? quality.error ?? usage.error;
  return (
    <>
      {error && (
        <div role="alert" className="alert">
          <p>{failureSentence(failureOf(error))}</p>
          <CopyDetails failure={failureOf(error)} />
        </div>
      )}
      {usage.data && (
        <>
          <StorageUsageView
            usage={usage.data}
            conversations={conversations.data ?? []}
            choiceFor={(row) => <RowQuality row={row} quality={quality} />}
          />
          <LimitSelect
            limitBytes={usage.data.limitBytes}
            isDisabled={limit.isPending}
            onChange={(limitBytes) => limit.mutate(limitBytes)}
          />
        </>
      )}
      {quality.forAll && (
        <QualitySelect
          level={quality.forAll}
          asked={askedQuality}
          smaller={smallerAt(quality.forAll, usage.data, conversations.data)}
          onChange={(level) => quality.choose(level)}
        />
      )}
      <LearningSettings />
      <ClearCaches isDisabled={clearing.isPending} onClear={() => clearing.mutate()} />
    </>
  );
}

/** How much smaller the caches of all conversations are that have the level for all. */
function smallerAt(
  level: QualityLevel,
  usage: StorageUsage | undefined,
  conversations: readonly ConversationRecord[] = [],
): string | undefined {
  const own = new Map(conversations.map(({ id, quality }) => [id, quality]));
  const ofLevel = usage?.conversations.filter(
    ({ conversationId }) => (own.get(conversationId) ?? level) === level,
  );
  return smallerWords(ofLevel?.flatMap(({ shares }) => shares) ?? []);
}

/** The quality of the conversation in one row of the table, once the level for all is known. */
function RowQuality({ row, quality }: { row: UsageRow; quality: QualityChoice }) {
  const { forAll, forConversation, choose } = quality;
  const { conversationId, title } = row;
  if (!forAll) return null;
  return (
    <ConversationQualitySelect
      title={title}
      own={forConversation(conversationId)}
      forAll={forAll}
      onChange={(level) => choose(level, conversationId)}
    />
  );
}
