import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import { DEFAULT_ANSWER_TOKENS } from "../../protocol/answer-limit.ts";
import { useEngineStatus } from "../../client/hooks/client-context.ts";
import { AnswerLimitField } from "./AnswerLimitField.tsx";
import { SamplingFields } from "./SamplingFields.tsx";
import { SystemPromptField } from "./SystemPromptField.tsx";

interface SettingsFieldsProps {
  settings: ConversationSettings;
  onChange: (settings: ConversationSettings) => void;
}

/** Everything that can be set for a conversation, or for those that begin later. */
export function SettingsFields({ settings, onChange }: SettingsFieldsProps) {
  const status = useEngineStatus();
  const { systemPrompt = "", maxTokens, ...sampling } = settings;
  const withPrompt = (text: string): ConversationSettings => ({
    ...sampling,
    ...(maxTokens !== undefined && { maxTokens }),
    ...(text !== "" && { systemPrompt: text }),
  });
  const withLimit = (tokens: number | undefined): ConversationSettings => ({
    ...sampling,
    ...(systemPrompt !== "" && { systemPrompt }),
    ...(tokens !== undefined && { maxTokens: tokens }),
  });
  return (
    <>
      <SystemPromptField text={systemPrompt} onChange={(text) => onChange(withPrompt(text))} />
      <SamplingFields
        settings={settings}
        defaults={status.phase === "ready" ? status.model.sampling : undefined}
        onChange={onChange}
      />
      <AnswerLimitField
        tokens={maxTokens}
        usual={DEFAULT_ANSWER_TOKENS}
        onChange={(tokens) => onChange(withLimit(tokens))}
      />
    </>
  );
}
