import { useEffect } from "react";
import type { QualityLevel } from "../../protocol/quality.ts";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { useAnsweringIn, useClient, useEngineStatus } from "./client-context.ts";
import { modelUrl } from "../workers/engine-client.ts";
import { promptFor } from "../session/message-path.ts";

/**
 * Has the engine bring back the KV of the conversation on screen: when it is shown, while the model's
 * weights are still on their way, and again whenever the engine has lost it, to a restart or to another
 * conversation, and when its quality is to be another. Not while a turn is running.
 *
 * `path` is what the next turn follows; undefined while that is not known, or not this tab's to write.
 * Between changes it must be the same array. `quality` is undefined until it is known.
 */
export function useRestore(
  conversationId: string,
  path: readonly MessageRecord[] | undefined,
  quality: QualityLevel | undefined,
): void {
  const { engine } = useClient();
  const status = useEngineStatus();
  // The same while it is being loaded and then; what it loses is told by other phases between.
  const model = modelUrl(status);
  const isIdle = useAnsweringIn() === undefined;
  useEffect(() => {
    if (!model || !isIdle || !path || path.length === 0 || !quality) return;
    // How it goes is for the next turn to feel: what is not back by then is prefilled.
    void engine.open({
      conversationId,
      messages: promptFor(path),
      quality,
    });
  }, [engine, model, isIdle, conversationId, path, quality]);
}
