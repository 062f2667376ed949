import { t } from "@lingui/core/macro";
import { CONTEXT_CHOICES } from "../../client/models/context-setting.ts";
import { numberWords } from "../number-words.ts";

interface ContextSelectProps {
  tokens: number;
  onChange: (tokens: number) => void;
}

/** Chooses how long a conversation may be before its beginning leaves the model's view. Less takes less memory. */
export function ContextSelect({ tokens, onChange }: ContextSelectProps) {
  return (
    <label className="choice">
      {t`Room for`}
      <select value={tokens} onChange={({ target }) => onChange(Number(target.value))}>
        {CONTEXT_CHOICES.map((choice) => (
          <option key={choice} value={choice}>
            {t`${{ count: numberWords(choice) }} tokens`}
          </option>
        ))}
      </select>
    </label>
  );
}
