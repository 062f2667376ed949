import { useEffect, useRef } from "react";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { failureOf } from "../../client/hooks/query-failure.ts";
import {
  useClearKv,
  useIsStoragePersistent,
  useSetLimit,
  useStorageUsage,
} from "../../client/hooks/storage-queries.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import { failureSentence } from "../notices/failure-sentence.ts";
import { LimitSelect } from "./LimitSelect.tsx";
import { ConversationQualitySelect } from "./ConversationQualitySelect.tsx";
import { QualitySelect } from "./QualitySelect.tsx";
import { StorageUsageView } from "./StorageUsageView.tsx";
import { persistenceSentence, memorySentence } from "./storage-words.ts";
import { useQualityChoice } from "./use-quality-choice.ts";

interface StorageDialogProps {
  /** By the page's address. */
  askedQuality: QualityLevel | undefined;
  onClose: () => void;
}

/** Modal while it is mounted. */
export function StorageDialog({ askedQuality, onClose }: StorageDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog storage" aria-label="Storage" onClose={onClose}>
      <h2>Storage</h2>
      <p>
        Besides the text of your conversations, this browser keeps what the model has worked out
        about them: its caches. With its cache a conversation goes on at once, without being read
        again.
      </p>
      <Caches askedQuality={askedQuality} />
      <Keeping />
      <form method="dialog" className="actions">
        <button>Close</button>
      </form>
    </dialog>
  );
}

function Caches({ askedQuality }: Pick<StorageDialogProps, "askedQuality">) {
  const usage = useStorageUsage();
  const conversations = useConversations();
  const limit = useSetLimit();
  const clearing = useClearKv();
  const { ofAll, ownOf, choose, ...quality } = useQualityChoice();
  const error = clearing.error ?? limit.error ?? quality.error ?? usage.error;
  return (
    <>
      {error && <p role="alert">{failureSentence(failureOf(error))}</p>}
      {usage.data && (
        <>
          <StorageUsageView
            usage={usage.data}
            conversations={conversations.data ?? []}
            choiceFor={({ conversationId, title }) =>
              ofAll && (
                <ConversationQualitySelect
                  title={title}
                  own={ownOf(conversationId)}
                  ofAll={ofAll}
                  onChange={(own) => choose(own, conversationId)}
                />
              )
            }
          />
          <LimitSelect
            limitBytes={usage.data.limitBytes}
            isDisabled={limit.isPending}
            onChange={(limitBytes) => limit.mutate(limitBytes)}
          />
        </>
      )}
      {ofAll && (
        <QualitySelect level={ofAll} asked={askedQuality} onChange={(level) => choose(level)} />
      )}
      <div className="clearing">
        <button type="button" disabled={clearing.isPending} onClick={() => clearing.mutate()}>
          Clear all caches
        </button>
        <p>All text stays. The next answer in each conversation takes longer to begin, once.</p>
      </div>
    </>
  );
}

function Keeping() {
  const usage = useStorageUsage();
  const isKept = useIsStoragePersistent();
  const mode = usage.data?.mode;
  if (mode?.kind === "memory") return <p>{memorySentence(mode.reason)}</p>;
  return isKept.data === undefined ? null : <p>{persistenceSentence(isKept.data)}</p>;
}
