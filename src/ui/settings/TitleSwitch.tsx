import { t } from "@lingui/core/macro";
import { useId } from "react";

interface TitleSwitchProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** Whether the browser's tab shows the title of the conversation, and what that means. */
export function TitleSwitch({ isOn, onChange }: TitleSwitchProps) {
  const meaningId = useId();
  return (
    <div className="quality">
      <label className="choice">
        <input
          type="checkbox"
          role="switch"
          checked={isOn}
          aria-describedby={meaningId}
          onChange={({ target }) => onChange(target.checked)}
        />
        {t`Show titles in the browser's tab`}
      </label>
      <p id={meaningId}>
        {t`The browser keeps the names of tabs in its history. Turned off, the tab is called "Rekindle" whatever is open.`}
      </p>
    </div>
  );
}
