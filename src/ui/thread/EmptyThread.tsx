import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";

/** What can be said to Pip. It understands English only, so these are not translated. */
const PIP_EXAMPLES: readonly string[] = [
  "My name is Ada and my cat is called Plum.",
  "Tell me a story about a wizard.",
  "What sound does a cow make?",
];

const OTHER_EXAMPLES: readonly string[] = [
  "What is the capital of France?",
  "Why is the sky blue?",
  "Give me three tips for better sleep.",
];

const EXAMPLES = [...PIP_EXAMPLES, ...OTHER_EXAMPLES];

/** The text field's content after an example was picked. Typed text stays; another example is replaced. */
export function withExample(typed: string, example: string): string {
  const isUntouched = typed.trim() === "" || EXAMPLES.includes(typed);
  return isUntouched ? example : `${typed}\n${example}`;
}

interface EmptyThreadProps {
  /** Whether the model is the one that knows little. */
  isPip: boolean;
  isOnProcessor: boolean;
  onPick: (prompt: string) => void;
  children?: ReactNode;
}

/** Stands in place of the messages while there are none. */
export function EmptyThread({ isPip, isOnProcessor, onPick, children }: EmptyThreadProps) {
  const examples = isPip ? PIP_EXAMPLES : OTHER_EXAMPLES;
  return (
    <div className="empty">
      <h2>{t`Say something`}</h2>
      <p>
        {introduction(isPip, isOnProcessor)}
        {isPip && ` ${t`It knows little of the world, and remembers what you tell it.`}`}
      </p>
      <ul className="examples" aria-label={t`Examples`}>
        {examples.map((prompt) => (
          <li key={prompt}>
            <button type="button" lang="en" dir="auto" onClick={() => onPick(prompt)}>
              {prompt}
            </button>
          </li>
        ))}
      </ul>
      {children}
    </div>
  );
}

function introduction(isPip: boolean, isOnProcessor: boolean): string {
  if (isPip)
    return isOnProcessor
      ? t`A small language model answers, running on the processor in this tab: nothing you write leaves it.`
      : t`A small language model answers, running in this tab: nothing you write leaves it.`;
  return isOnProcessor
    ? t`A language model answers, running on the processor in this tab: nothing you write leaves it.`
    : t`A language model answers, running in this tab: nothing you write leaves it.`;
}
