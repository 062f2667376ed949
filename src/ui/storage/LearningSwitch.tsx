import { t } from "@lingui/core/macro";
import { useId } from "react";

interface LearningSwitchProps {
  isOn: boolean;
  onChange: (isOn: boolean) => void;
}

/** Whether the device may learn how to store a model's memory in less room, and what that means. */
export function LearningSwitch({ isOn, onChange }: LearningSwitchProps) {
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
        {t`Learn to keep caches smaller`}
      </label>
      <p id={meaningId}>
        {t`While you read, and only while this page is visible, your device works out how your conversations with a model can be kept in less room. What it learns stays in this browser. It takes some energy.`}
      </p>
    </div>
  );
}
