import { t } from "@lingui/core/macro";
import { Settings } from "lucide-react";
import { useRef, useSyncExternalStore } from "react";
import type { QualityLevel } from "../../protocol/quality.ts";
import { laterPart } from "../later/later-part.tsx";
import { useLaterDialog } from "../later/use-later-dialog.ts";
import { FIRST_SECTION, openSection } from "./open-section.ts";

const SettingsDialog = laterPart(async () => (await import("./SettingsDialog.tsx")).SettingsDialog);

const close = () => openSection.set(undefined);

interface SettingsButtonProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
}

/** A button, and the dialog that it opens: what can be chosen for all conversations. */
export function SettingsButton({ askedQuality }: SettingsButtonProps) {
  const isOpen = useSyncExternalStore(openSection.subscribe, openSection.getSnapshot) !== undefined;
  const button = useRef<HTMLButtonElement>(null);
  useLaterDialog(SettingsDialog, isOpen, close);
  return (
    <>
      <button
        ref={button}
        type="button"
        className="settings-button"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onPointerEnter={SettingsDialog.fetchAhead}
        onFocus={SettingsDialog.fetchAhead}
        onClick={() => openSection.set(FIRST_SECTION)}
      >
        <Settings aria-hidden size="1.125em" />
        {t`Settings`}
      </button>
      <SettingsDialog askedQuality={askedQuality} opener={button} />
    </>
  );
}
