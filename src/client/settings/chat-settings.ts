import { DefaultSettings } from "./default-settings.ts";
import { DraftSettings } from "./draft-settings.ts";
import { PromptPresets } from "./prompt-presets.ts";
import { TitleSetting } from "./title-setting.ts";

/** What a person has chosen about conversations, apart from those that have begun. */
export interface ChatSettings {
  defaults: DefaultSettings;
  drafts: DraftSettings;
  prompts: PromptPresets;
  titles: TitleSetting;
}

export const createChatSettings = (): ChatSettings => ({
  defaults: new DefaultSettings(),
  drafts: new DraftSettings(),
  prompts: new PromptPresets(),
  titles: new TitleSetting(),
});
