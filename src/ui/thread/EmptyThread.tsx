const EXAMPLES = [
  "My name is Ada and my cat is called Plum.",
  "Tell me a story about a wizard.",
  "What sound does a cow make?",
];

/** The text field's content after an example was picked. Typed text stays; another example is replaced. */
export function withExample(typed: string, example: string): string {
  const isUntouched = typed.trim() === "" || EXAMPLES.includes(typed);
  return isUntouched ? example : `${typed}\n${example}`;
}

export function EmptyThread({ onPick }: { onPick: (prompt: string) => void }) {
  return (
    <div className="empty">
      <h2>Say something</h2>
      <p>
        A small language model answers, running in this tab: nothing you write leaves it. It knows
        little of the world, and remembers what you tell it.
      </p>
      <ul className="examples" aria-label="Examples">
        {EXAMPLES.map((prompt) => (
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
