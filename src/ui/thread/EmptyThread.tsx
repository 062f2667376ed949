/** What is said of a model before the first message. */
interface Words {
  model: string;
  /** What comes after the sentence that it answers. */
  about?: string;
  examples: readonly string[];
}

const PIP: Words = {
  model: "A small language model",
  about: "It knows little of the world, and remembers what you tell it.",
  examples: [
    "My name is Ada and my cat is called Plum.",
    "Tell me a story about a wizard.",
    "What sound does a cow make?",
  ],
};

const OTHERS: Words = {
  model: "A language model",
  examples: [
    "What is the capital of France?",
    "Why is the sky blue?",
    "Give me three tips for better sleep.",
  ],
};

const EXAMPLES = [...PIP.examples, ...OTHERS.examples];

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
}

/** Stands in place of the messages while there are none. */
export function EmptyThread({ isPip, isOnProcessor, onPick }: EmptyThreadProps) {
  const { model, about, examples } = isPip ? PIP : OTHERS;
  const place = isOnProcessor ? "on the processor in this tab" : "in this tab";
  return (
    <div className="empty">
      <h2>Say something</h2>
      <p>
        {model} answers, running {place}: nothing you write leaves it. {about}
      </p>
      <ul className="examples" aria-label="Examples">
        {examples.map((prompt) => (
          <li key={prompt}>
            <button type="button" onClick={() => onPick(prompt)}>
              {prompt}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
