import { t } from "@lingui/core/macro";
import {
  useClient,
  useDefaultSettings,
  useIsTitleShown,
} from "../../client/hooks/client-context.ts";
import { SettingsFields } from "./SettingsFields.tsx";
import { TitleSwitch } from "./TitleSwitch.tsx";

/** What holds for every conversation that begins later, and what the browser's tab shows of conversations. */
export function NewConversationSettings() {
  const { defaults, titles } = useClient().chatSettings;
  return (
    <>
      <p>{t`New conversations begin like this. Those that you have begun keep their own settings.`}</p>
      <SettingsFields
        settings={useDefaultSettings()}
        onChange={(settings) => defaults.choose(settings)}
      />
      <TitleSwitch isOn={useIsTitleShown()} onChange={(isOn) => titles.choose(isOn)} />
    </>
  );
}
