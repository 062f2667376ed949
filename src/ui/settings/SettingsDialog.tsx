import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { Settings, X } from "lucide-react";
import { lazy, Suspense } from "react";
import type { QualityLevel } from "../../protocol/quality.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";

const SettingsSections = lazy(async () => ({
  default: (await import("./SettingsSections.tsx")).SettingsSections,
}));

interface SettingsDialogProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
}

/** A button, and the dialog that it opens: what can be chosen for all conversations, by sections. */
export function SettingsDialog({ askedQuality }: SettingsDialogProps) {
  return (
    <Dialog.Root>
      <Dialog.Trigger className="settings-button">
        <Settings aria-hidden size="1.125em" />
        {t`Settings`}
      </Dialog.Trigger>
      <DialogPanel className="settings">
        <header>
          <Dialog.Title>{t`Settings`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <Suspense fallback={<p className="waiting" role="status">{t`Loading the settings`}</p>}>
          <SettingsSections askedQuality={askedQuality} />
        </Suspense>
      </DialogPanel>
    </Dialog.Root>
  );
}
