import { isTemporary } from "../../protocol/temporary-conversation.ts";
import {
  useClient,
  useContextTokens,
  useEngineStatus,
  useIsContextGrowing,
} from "../../client/hooks/client-context.ts";
import type { ConversationPlace } from "../address/conversation-location.ts";
import type { ContextFill } from "../composer/ContextGauge.tsx";
import { aboutTokensOf, estimatedTokens } from "../composer/estimate-tokens.ts";
import { useGrowth } from "../composer/use-growth.ts";
import { TemporarySwitch } from "../composer/TemporarySwitch.tsx";
import type { Conversation } from "../conversation/use-conversation.ts";
import { laterPart } from "../later/later-part.tsx";
import { ConversationSettingsButton } from "../settings/ConversationSettingsButton.tsx";
import { showContextCut } from "../thread/ContextCut.tsx";

const ContextGauge = laterPart(
  async () => (await import("../composer/ContextGauge.tsx")).ContextGauge,
);

interface ConversationBarProps {
  place: ConversationPlace;
  conversation: Conversation;
  onTemporary: (isTemporary: boolean) => void;
}

/** What belongs to the conversation and not to the next message: its settings, and how full the model's context is. */
export function ConversationBar({ place, conversation, onTemporary }: ConversationBarProps) {
  const { contextUse } = useClient();
  const fill = useContextFill(place.conversationId, conversation);
  const { own } = conversation;
  return (
    <div className="conversation-bar">
      {place.isNew && (
        <TemporarySwitch isOn={isTemporary(place.conversationId)} onChange={onTemporary} />
      )}
      {fill && <ContextGauge {...fill} onShowCut={showContextCut} />}
      <ConversationSettingsButton
        settings={own.settings}
        cost={() => ({ tokens: fill?.tokens ?? 0, msPerToken: contextUse.msPerToken() })}
        onSave={(settings) => void own.save(settings)}
      />
    </div>
  );
}

/** Undefined while there is no model, or nothing was said. */
function useContextFill(
  conversationId: string,
  { messages = [], firstInView, own, state }: Conversation,
): ContextFill | undefined {
  const status = useEngineStatus();
  const counted = useContextTokens(conversationId);
  const isGrowing = useIsContextGrowing(conversationId);
  const growth = useGrowth(state);
  const known = counted === undefined ? undefined : counted + (isGrowing ? growth : 0);
  if (status.phase !== "ready" || messages.length === 0) return undefined;
  const first = messages.findIndex(({ id }) => id === firstInView);
  const leftMessages = Math.max(0, first);
  const systemPrompt = own.settings?.systemPrompt ?? "";
  const estimate = () =>
    estimatedTokens(systemPrompt) + aboutTokensOf(messages.slice(leftMessages));
  const { contextTokens } = status.model;
  const tokens = Math.min(known ?? estimate(), contextTokens);
  return { tokens, isEstimate: known === undefined || isGrowing, contextTokens, leftMessages };
}
