/** What is said of a model before the first message. */
interface Words {
  about: string;
  examples: readonly string[];
}

const PIP: Words = {
  about:
    "A small language model answers, running in this tab: nothing you write leaves it. It knows little of the world, and remembers what you tell it.",
  examples: [
    "My name is Ada and my cat is called Plum.",
    "Tell me a story about a wizard.",
    "What sound does a cow make?",
  ],
};

const OTHERS: Words = {
  about: "A language model answers, running in this tab: nothing you write leaves it.",
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
  onPick: (prompt: string) => void;
}

/** Stands in place of the messages while there are none. */
export function EmptyThread({ isPip, onPick }: EmptyThreadProps) {
  const { about, examples } = isPip ? PIP : OTHERS;
  return (
    <div className="empty">
      <h2>Say something</h2>
      <p>{about}</p>
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
