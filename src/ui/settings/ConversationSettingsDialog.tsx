import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { SlidersHorizontal, X } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";
import type { RereadCost } from "./reread-sentence.ts";

const ConversationSettingsForm = lazy(async () => ({
  default: (await import("./ConversationSettingsForm.tsx")).ConversationSettingsForm,
}));

interface ConversationSettingsDialogProps {
  /** Undefined until they were read. */
  settings: ConversationSettings | undefined;
  /** Asked when the dialog is opened. */
  cost: () => RereadCost;
  onSave: (settings: ConversationSettings) => void;
}

/** A button, and the dialog that it opens: how the model answers in this conversation. */
export function ConversationSettingsDialog({
  settings,
  cost,
  onSave,
}: ConversationSettingsDialogProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Dialog.Root open={isOpen} onOpenChange={setOpen}>
      <Dialog.Trigger
        disabled={!settings}
        render={
          <IconButton
            icon={SlidersHorizontal}
            label={t`Conversation settings`}
            className={settings && Object.keys(settings).length > 0 ? "chosen" : ""}
          />
        }
      />
      <DialogPanel className="settings own-settings">
        <header>
          <Dialog.Title>{t`Conversation settings`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <Suspense fallback={<p className="waiting" role="status">{t`Loading the settings`}</p>}>
          <ConversationSettingsForm
            settings={settings ?? {}}
            cost={cost()}
            onSave={(saved) => {
              setOpen(false);
              onSave(saved);
            }}
          />
        </Suspense>
      </DialogPanel>
    </Dialog.Root>
  );
}
