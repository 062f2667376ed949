import { t } from "@lingui/core/macro";
import { Monitor, Moon, Sun } from "lucide-react";
import { useId } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import { ENTER_KEYS, type EnterKey } from "../../client/preferences/preferences.ts";
import { usePreference } from "../preferences/use-appearance.ts";
import { ChoiceGroup } from "./ChoiceGroup.tsx";
import { LanguageSelect } from "./LanguageSelect.tsx";

/** How the page looks, which language it speaks, and what Enter does. */
export function GeneralSettings() {
  const { theme, textSize, enterKey, language } = useClient().preferences;
  return (
    <>
      <ChoiceGroup
        label={t`Appearance`}
        options={[
          { value: "system", name: t`As the system`, icon: Monitor },
          { value: "light", name: t`Light`, icon: Sun },
          { value: "dark", name: t`Dark`, icon: Moon },
        ]}
        chosen={usePreference(theme)}
        onChoose={(value) => theme.choose(value)}
      />
      <ChoiceGroup
        label={t`Text size`}
        options={[
          { value: "small", name: t`Small` },
          { value: "normal", name: t`Normal` },
          { value: "large", name: t`Large` },
          { value: "largest", name: t`Very large` },
        ]}
        chosen={usePreference(textSize)}
        onChoose={(value) => textSize.choose(value)}
      />
      <LanguageSelect chosen={usePreference(language)} onChoose={(tag) => language.choose(tag)} />
      <EnterKeySelect
        chosen={usePreference(enterKey)}
        onChoose={(value) => enterKey.choose(value)}
      />
    </>
  );
}

interface EnterKeySelectProps {
  chosen: EnterKey;
  onChoose: (value: EnterKey) => void;
}

/** Chooses what Enter does in a message. */
function EnterKeySelect({ chosen, onChoose }: EnterKeySelectProps) {
  const meaningId = useId();
  const names: Record<EnterKey, string> = {
    auto: t`Automatic`,
    sends: t`Sends the message`,
    "new-line": t`Makes a new line`,
  };
  return (
    <div className="quality">
      <label className="choice">
        {t`Enter`}
        <select
          value={chosen}
          aria-describedby={meaningId}
          onChange={({ target }) => onChoose(target.value as EnterKey)}
        >
          {ENTER_KEYS.map((value) => (
            <option key={value} value={value}>
              {names[value]}
            </option>
          ))}
        </select>
      </label>
      <p id={meaningId}>
        {chosen === "auto"
          ? t`Enter sends, except on a touch keyboard, where it makes a new line. Shift+Enter always makes a new line, and Ctrl+Enter always sends.`
          : t`Shift+Enter always makes a new line, and Ctrl+Enter always sends.`}
      </p>
    </div>
  );
}
