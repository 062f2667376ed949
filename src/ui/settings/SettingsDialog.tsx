import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { Settings, X } from "lucide-react";
import { lazy, Suspense, useRef, useSyncExternalStore } from "react";
import type { QualityLevel } from "../../protocol/quality.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import { IconButton } from "../IconButton.tsx";
import { openSection } from "./open-section.ts";

const SettingsSections = lazy(async () => ({
  default: (await import("./SettingsSections.tsx")).SettingsSections,
}));

/** The section that is shown first. */
const FIRST_SECTION = "general";

interface SettingsDialogProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
}

/** A button, and the dialog that it opens: what can be chosen for all conversations, by sections. */
export function SettingsDialog({ askedQuality }: SettingsDialogProps) {
  const section = useSyncExternalStore(openSection.subscribe, openSection.getSnapshot);
  const trigger = useRef<HTMLButtonElement>(null);
  return (
    <Dialog.Root
      open={section !== undefined}
      onOpenChange={(isOpen) => openSection.set(isOpen ? FIRST_SECTION : undefined)}
    >
      <Dialog.Trigger ref={trigger} className="settings-button">
        <Settings aria-hidden size="1.125em" />
        {t`Settings`}
      </Dialog.Trigger>
      <DialogPanel className="settings" finalFocus={trigger}>
        <header>
          <Dialog.Title>{t`Settings`}</Dialog.Title>
          <Dialog.Close render={<IconButton icon={X} label={t`Close`} />} />
        </header>
        <Suspense fallback={<p className="waiting" role="status">{t`Loading the settings`}</p>}>
          <SettingsSections
            askedQuality={askedQuality}
            section={section ?? FIRST_SECTION}
            onSection={(id) => openSection.set(id)}
          />
        </Suspense>
      </DialogPanel>
    </Dialog.Root>
  );
}
