import "../styles/settings.css";
import "../styles/storage.css";
import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { X } from "lucide-react";
import type { RefObject } from "react";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";
import { ConversationSettingsForm } from "./ConversationSettingsForm.tsx";
import type { RereadCost } from "./reread-sentence.ts";

interface ConversationSettingsDialogProps {
  isOpen: boolean;
  onOpenChange: (isOpen: boolean) => void;
  /** What has the focus after it was closed. */
  opener: RefObject<HTMLElement | null>;
  settings: ConversationSettings;
  /** Asked when the dialog is opened. */
  cost: () => RereadCost;
  onSave: (settings: ConversationSettings) => void;
}

/** How the model answers in one conversation. */
export function ConversationSettingsDialog({
  isOpen,
  onOpenChange,
  opener,
  settings,
  cost,
  onSave,
}: ConversationSettingsDialogProps) {
  return (
    <Dialog.Root open={isOpen} onOpenChange={(open) => onOpenChange(open)}>
      <DialogPanel className="settings own-settings" finalFocus={opener}>
        <header>
          <Dialog.Title>{t`Conversation settings`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <ConversationSettingsForm
          settings={settings}
          cost={cost()}
          onSave={(saved) => {
            onOpenChange(false);
            onSave(saved);
          }}
        />
      </DialogPanel>
    </Dialog.Root>
  );
}
