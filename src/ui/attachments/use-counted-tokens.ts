import { useEffect, useReducer } from "react";
import { useClient, useEngineStatus } from "../../client/hooks/client-context.ts";
import type { Attachment } from "../../protocol/attachments.ts";

/** What was counted. A file never changes, and only its last count is wanted. */
const counts = new WeakMap<Attachment, { tokenizer: string; tokens: number }>();

/**
 * Has the model's tokenizer count the files of a draft, one after the other, while the model does not answer.
 *
 * @returns what tells the tokens of a file; undefined where they are not counted
 */
export function useCountedTokens(
  attachments: readonly Attachment[],
  isAnswering: boolean,
): (file: Attachment) => number | undefined {
  const { engine } = useClient();
  const status = useEngineStatus();
  const tokenizer = status.phase === "ready" ? status.model.tokenizer : undefined;
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  useEffect(() => {
    if (tokenizer === undefined || isAnswering) return undefined;
    const gone = new AbortController();
    void (async () => {
      for (const file of attachments) {
        if (counts.get(file)?.tokenizer === tokenizer) continue;
        const tokens = await engine.countTokens(file.text);
        if (gone.signal.aborted) return;
        if (tokens === undefined) continue;
        counts.set(file, { tokenizer, tokens });
        drawAgain();
      }
    })();
    return () => {
      gone.abort();
    };
  }, [engine, attachments, tokenizer, isAnswering]);
  return (file) => {
    const count = counts.get(file);
    return count?.tokenizer === tokenizer ? count?.tokens : undefined;
  };
}
