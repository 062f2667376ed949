import { LongText } from "./LongText.tsx";
import { reasoningLabel } from "./message-note.ts";

interface ReasoningProps {
  reasoning: string;
  /** How long it took, if that is known. */
  reasoningMs: number | undefined;
  /** The model is still thinking: it has written no text yet. */
  isThinking: boolean;
}

/** What the model thought before it answered. It can be seen while it grows, and is folded once the answer begins. */
export function Reasoning({ reasoning, reasoningMs, isThinking }: ReasoningProps) {
  return (
    <details className="reasoning" open={isThinking}>
      <summary>{reasoningLabel({ reasoningMs, isThinking })}</summary>
      <LongText text={reasoning}>{(shown) => <p className="plain">{shown}</p>}</LongText>
    </details>
  );
}
