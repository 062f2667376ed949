import { useEffect } from "react";
import type { ConversationSettings } from "../../protocol/conversation-settings.ts";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { isTemporary } from "../../protocol/temporary-conversation.ts";
import { useAnsweringIn, useClient, useEngineStatus } from "./client-context.ts";
import { modelUrl } from "../workers/engine-client.ts";
import { begunAt, promptFor } from "../session/message-path.ts";

/**
 * Has the engine restore the KV of the conversation on screen: when it is shown, which may be before all weights of
 * the model are here; again whenever the engine has lost it to a restart or to another conversation; and when
 * another quality is chosen. Nothing is restored while a turn is running.
 *
 * @param path the messages that the next turn follows; undefined while they are not known, or another tab writes
 *   the conversation. It must be the same array until it changes
 * @param quality undefined until it is known
 * @param settings undefined until they are known
 */
export function useRestore(
  conversationId: string,
  path: readonly MessageRecord[] | undefined,
  quality: QualityLevel | undefined,
  settings: ConversationSettings | undefined,
): void {
  const { engine } = useClient();
  const status = useEngineStatus();
  // The address stays the same when a loading model becomes ready. Whenever the engine loses its KV, there is a phase
  // without a model in between, after which the effect runs again.
  const model = modelUrl(status);
  const isIdle = useAnsweringIn() === undefined;
  const isKnown = settings !== undefined;
  const systemPrompt = settings?.systemPrompt;
  useEffect(() => {
    if (!model || !isIdle || !path || path.length === 0 || !quality || !isKnown) return;
    // The result is of no interest here: the next turn prefills what is not restored by then.
    void engine.open({
      conversationId,
      messages: promptFor(path, { systemPrompt }),
      begunAtMs: begunAt(path),
      quality,
      ...(isTemporary(conversationId) && { isTemporary: true }),
    });
  }, [engine, model, isIdle, conversationId, path, quality, isKnown, systemPrompt]);
}
