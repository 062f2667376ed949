import { LongText } from "./LongText.tsx";
import { reasoningLabel } from "./message-note.ts";

interface ReasoningProps {
  reasoning: string;
  /** How long it took, if that is known. */
  reasoningMs: number | undefined;
  /** Whether the reply has text, too. */
  isAnswered: boolean;
  /** The reply is being written right now. */
  isGrowing: boolean;
}

/** What the model thought before it answered. It is folded once the answer begins: until then, it is all there is. */
export function Reasoning({ reasoning, reasoningMs, isAnswered, isGrowing }: ReasoningProps) {
  return (
    <details className="reasoning" open={!isAnswered}>
      <summary>{reasoningLabel({ reasoningMs, isThinking: isGrowing && !isAnswered })}</summary>
      <LongText text={reasoning}>
        {(shown) => (
          <p className="plain" dir="auto">
            {shown}
          </p>
        )}
      </LongText>
    </details>
  );
}
