import { t } from "@lingui/core/macro";
import { useState } from "react";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { useConversationExport } from "./use-conversation-export.ts";

/** Takes one conversation out of the browser. Nothing is shown while there is none. */
export function ConversationTransfer() {
  const conversations = useConversations().data ?? [];
  const [chosenId, setChosenId] = useState<string>();
  const [outcome, setOutcome] = useState("");
  const { saveJson, saveMarkdown, copyMarkdown } = useConversationExport(setOutcome);
  const chosen = conversations.find(({ id }) => id === chosenId) ?? conversations[0];
  if (!chosen) return null;
  return (
    <section className="transfer" aria-labelledby="transfer-one">
      <h3 id="transfer-one">{t`Export one conversation`}</h3>
      <p>
        <select
          aria-label={t`Conversation to export`}
          value={chosen.id}
          onChange={({ currentTarget }) => setChosenId(currentTarget.value)}
        >
          {conversations.map(({ id, title }) => (
            <option key={id} value={id}>
              {title.trim() === "" ? t`Untitled` : title}
            </option>
          ))}
        </select>
      </p>
      <div className="actions">
        <button type="button" onClick={() => saveJson(chosen)}>
          {t`Export as JSON`}
        </button>
        <button type="button" onClick={() => saveMarkdown(chosen)}>
          {t`Export as Markdown`}
        </button>
        <button type="button" onClick={() => copyMarkdown(chosen)}>
          {t`Copy as Markdown`}
        </button>
      </div>
      <p role="status">{outcome}</p>
    </section>
  );
}
