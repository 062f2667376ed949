import { t } from "@lingui/core/macro";
import { BookmarkPlus, BookmarkX } from "lucide-react";
import { useId } from "react";
import { useClient, usePromptPresets } from "../../client/hooks/client-context.ts";
import { MAX_SYSTEM_PROMPT } from "../../protocol/conversation-settings.ts";
import { typedDirection } from "../typed-direction.ts";
import { nameOfPrompt, promptPresets } from "./prompt-presets.ts";

interface SystemPromptFieldProps {
  text: string;
  onChange: (text: string) => void;
}

/** What the model is told before the conversation, written or taken from those that are ready or were kept. */
export function SystemPromptField({ text, onChange }: SystemPromptFieldProps) {
  const [fieldId, hintId] = [useId(), useId()];
  const { prompts } = useClient().chatSettings;
  const own = usePromptPresets();
  const ready = promptPresets();
  const all = [...ready, ...own];
  const chosen = all.find((preset) => preset.text === text);
  const isOwn = own.some((preset) => preset.text === text);
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={fieldId}>{t`System prompt`}</label>
        <select
          aria-label={t`Ready system prompts`}
          value={chosen?.name ?? ""}
          onChange={({ target: { value } }) =>
            onChange(all.find(({ name }) => name === value)?.text ?? "")
          }
        >
          <option value="">{text === "" ? t`None` : t`Your own text`}</option>
          {all.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <textarea
        id={fieldId}
        dir={typedDirection(text)}
        rows={5}
        maxLength={MAX_SYSTEM_PROMPT}
        aria-describedby={hintId}
        placeholder={t`For example: You are a patient teacher. Answer briefly.`}
        value={text}
        onChange={({ target }) => onChange(target.value)}
      />
      <div className="field-foot">
        <p id={hintId}>{t`The model is told this before everything else.`}</p>
        {isOwn && (
          <button type="button" className="link" onClick={() => prompts.remove(nameOfPrompt(text))}>
            <BookmarkX aria-hidden size="1.125em" />
            {t`Remove from the list`}
          </button>
        )}
        {!chosen && text.trim() !== "" && (
          <button
            type="button"
            className="link"
            onClick={() => prompts.keep({ name: nameOfPrompt(text), text })}
          >
            <BookmarkPlus aria-hidden size="1.125em" />
            {t`Keep in the list`}
          </button>
        )}
      </div>
    </div>
  );
}
