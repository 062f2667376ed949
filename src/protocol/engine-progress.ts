/** Where rows come from that are brought back: what is stored, the model that computes them again, or both at once. */
export type RowSource = "store" | "computing" | "both";

/**
 * How far something has come that a person waits for, in one conversation:
 *
 * - `restore`: rows are brought back before the next turn
 * - `prompt`: what is new in the prompt is run through the model; `promptTokens` says about how many tokens all of it has,
 *   where the engine knows no better before its reply is there
 * - `answer`: tokens are written
 *
 * Each kind is told when it begins, then at most ten times a second, and once more where a restoration has come to its
 * end. A prompt has come to its end when an answer begins.
 */
export type EngineProgress =
  | ({ work: "restore"; from: RowSource } & TokensDone)
  | ({ work: "prompt"; promptTokens?: number } & TokensDone)
  | { work: "answer"; conversationId: string; generatedTokens: number; tokensPerS: number };

interface TokensDone {
  conversationId: string;
  doneTokens: number;
  /** Absent where the engine learns it only afterwards. */
  totalTokens?: number;
  /** About how long the rest takes, by what this device took before. Absent if nothing is known of that. */
  remainingMs?: number;
}
