import { t } from "@lingui/core/macro";
import { useId, useState } from "react";
import { isSettingOf, SETTING_BOUNDS } from "../../protocol/conversation-settings.ts";
import { numberWords } from "../number-words.ts";

interface AnswerLimitFieldProps {
  /** Undefined where the usual limit holds. */
  tokens: number | undefined;
  usual: number;
  onChange: (tokens: number | undefined) => void;
}

/** After how many tokens an answer ends. */
export function AnswerLimitField({ tokens, usual, onChange }: AnswerLimitFieldProps) {
  const [id, hintId] = [useId(), useId()];
  const [typed, setTyped] = useState(tokens === undefined ? "" : String(tokens));
  const { min, max } = SETTING_BOUNDS.maxTokens;
  const isWrong = typed !== "" && !isSettingOf("maxTokens", Number(typed));
  const type = (text: string) => {
    setTyped(text);
    const number = Number(text);
    if (text === "") onChange(undefined);
    else if (isSettingOf("maxTokens", number)) onChange(number);
  };
  const limits = t`A whole number from ${{ min: numberWords(min) }} to ${{ max: numberWords(max) }}.`;
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>{t`Longest answer in tokens`}</label>
        <input
          id={id}
          type="number"
          inputMode="numeric"
          {...{ min, max }}
          step={1}
          placeholder={String(usual)}
          aria-describedby={hintId}
          aria-invalid={isWrong}
          value={typed}
          onChange={({ target }) => type(target.value)}
        />
      </div>
      <p id={hintId}>
        {isWrong
          ? limits
          : t`An answer ends there, and can be continued. A token is about four letters.`}
      </p>
    </div>
  );
}
