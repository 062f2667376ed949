import { t } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import { CONTEXT_CHOICES } from "../../client/models/context-setting.ts";

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
            {t`${{ count: choice.toLocaleString(i18n.locale) }} tokens`}
          </option>
        ))}
      </select>
    </label>
  );
}
