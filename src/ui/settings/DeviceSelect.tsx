import { t } from "@lingui/core/macro";
import { useId } from "react";
import { DEVICE_CHOICES } from "../../client/models/device-setting.ts";
import type { DeviceChoice } from "../../protocol/engine-api.ts";
import { changeSentence, deviceMeaning, deviceName } from "./device-words.ts";

interface DeviceSelectProps {
  choice: DeviceChoice;
  /** Whether the browser offers a graphics card; undefined until that is known. */
  hasCard: boolean | undefined;
  /** What is to be said of the processor, where that is what models run on. */
  notes: readonly string[];
  onChange: (choice: DeviceChoice) => void;
}

/** Chooses what models run on, and says what that means here. */
export function DeviceSelect({ choice, hasCard, notes, onChange }: DeviceSelectProps) {
  const meaningId = useId();
  return (
    <div className="quality">
      <label className="choice">
        {t`Runs on`}
        <select
          value={choice}
          aria-describedby={meaningId}
          onChange={({ target }) => onChange(target.value as DeviceChoice)}
        >
          {DEVICE_CHOICES.map((device) => (
            <option key={device} value={device}>
              {deviceName(device)}
            </option>
          ))}
        </select>
      </label>
      <p id={meaningId}>{[deviceMeaning(choice, hasCard), ...notes].join(" ")}</p>
      <p>{changeSentence()}</p>
    </div>
  );
}
