import { t } from "@lingui/core/macro";
import { MessageCircleDashed } from "lucide-react";
import { IconButton } from "../IconButton.tsx";

interface TemporarySwitchProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** Makes a conversation that has not begun a temporary one. */
export function TemporarySwitch({ isOn, onChange }: TemporarySwitchProps) {
  return (
    <IconButton
      icon={MessageCircleDashed}
      label={t`Temporary conversation`}
      aria-pressed={isOn}
      onClick={() => onChange(!isOn)}
    />
  );
}
