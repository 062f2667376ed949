import { t } from "@lingui/core/macro";
import { SlidersHorizontal } from "lucide-react";
import { useRef, useState } from "react";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import { IconButton } from "../IconButton.tsx";
import { laterPart } from "../later/later-part.tsx";
import { useLaterDialog } from "../later/use-later-dialog.ts";
import type { RereadCost } from "./reread-sentence.ts";

const ConversationSettingsDialog = laterPart(
  async () => (await import("./ConversationSettingsDialog.tsx")).ConversationSettingsDialog,
);

interface ConversationSettingsButtonProps {
  /** Undefined until they were read. */
  settings: ConversationSettings | undefined;
  /** Asked when the dialog is opened. */
  cost: () => RereadCost;
  onSave: (settings: ConversationSettings) => void;
}

/** A button, and the dialog that it opens: how the model answers in this conversation. */
export function ConversationSettingsButton({
  settings,
  cost,
  onSave,
}: ConversationSettingsButtonProps) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  useLaterDialog(ConversationSettingsDialog, isOpen, () => setOpen(false));
  return (
    <>
      <IconButton
        ref={button}
        icon={SlidersHorizontal}
        label={t`Conversation settings`}
        className={settings && Object.keys(settings).length > 0 ? "chosen" : ""}
        disabled={!settings}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={ConversationSettingsDialog.fetchAhead}
        onFocus={ConversationSettingsDialog.fetchAhead}
        onClick={() => setOpen(true)}
      />
      <ConversationSettingsDialog
        isOpen={isOpen}
        onOpenChange={setOpen}
        opener={button}
        settings={settings ?? {}}
        cost={cost}
        onSave={onSave}
      />
    </>
  );
}
