import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { useState } from "react";
import { asSettings, type ConversationSettings } from "../../protocol/conversation-settings.ts";
import { rereadSentence, type RereadCost } from "./reread-sentence.ts";
import { SettingsFields } from "./SettingsFields.tsx";
import "../styles/conversation-settings.css";

interface ConversationSettingsFormProps {
  settings: ConversationSettings;
  cost: RereadCost;
  onSave: (settings: ConversationSettings) => void;
}

/** How the model answers in one conversation. Nothing changes until it is saved, and what that costs is said before. */
export function ConversationSettingsForm({
  settings,
  cost,
  onSave,
}: ConversationSettingsFormProps) {
  const [edited, edit] = useState(settings);
  // A prompt of nothing but white space is none.
  const after = asSettings(edited) ?? {};
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSave(after);
      }}
    >
      <div className="section">
        <SettingsFields settings={edited} onChange={edit} />
      </div>
      <div className="actions">
        <p role="status">{rereadSentence(settings, after, cost)}</p>
        <Dialog.Close>{t`Cancel`}</Dialog.Close>
        <button type="submit" className="primary">
          {t`Save`}
        </button>
      </div>
    </form>
  );
}
