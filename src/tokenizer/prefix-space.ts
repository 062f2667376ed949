/**
 * The same normalizer or pre-tokenizer, but without the space that SentencePiece puts before a text.
 *
 * A message's content follows the template's text, so it is not the beginning of a text. The prompts that models are
 * trained with were tokenised as a whole, and have no such space.
 */
export function withoutPrefixSpace(step: unknown): unknown {
  if (!isStep(step)) return step;
  switch (step["type"]) {
    case "Prepend":
      return null;
    case "Metaspace":
      return { ...step, prepend_scheme: "never" };
    case "ByteLevel":
      return { ...step, add_prefix_space: false };
    case "Sequence":
      return withSteps(step);
    default:
      return step;
  }
}

/** The same for each step of a sequence of normalizers or pre-tokenizers. */
function withSteps(sequence: Record<string, unknown>): Record<string, unknown> {
  const copy = { ...sequence };
  for (const key of ["normalizers", "pretokenizers"]) {
    const steps = sequence[key];
    if (!Array.isArray(steps)) continue;
    copy[key] = steps.map(withoutPrefixSpace).filter((step) => step !== null);
  }
  return copy;
}

const isStep = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
