import { MAX_SYSTEM_PROMPT } from "../../protocol/conversation-settings.ts";
import { keptItem, keepItem } from "../kept-item.ts";
import { ObservableValue } from "../observable-value.ts";

/** A system prompt that a person has kept for later conversations. */
export interface PromptPreset {
  name: string;
  text: string;
}

const KEY = "rekindle.prompts";
const MOST_PRESETS = 50;
const MAX_NAME = 60;

/** The system prompts that a person has kept, by their names, newest last. */
export class PromptPresets {
  readonly #presets = new ObservableValue(keptPresets());

  readonly getSnapshot = (): readonly PromptPreset[] => this.#presets.getSnapshot();

  readonly subscribe = (listener: () => void): (() => void) => this.#presets.subscribe(listener);

  /** Keeps one, in place of another one of the same name. A blank name or text is none. */
  keep({ name, text }: PromptPreset): void {
    const named = { name: name.trim().slice(0, MAX_NAME), text };
    if (named.name === "" || text.trim() === "") return;
    const others = this.getSnapshot().filter((one) => one.name !== named.name);
    this.#set([...others, named].slice(-MOST_PRESETS));
  }

  remove(name: string): void {
    this.#set(this.getSnapshot().filter((one) => one.name !== name));
  }

  #set(presets: readonly PromptPreset[]): void {
    this.#presets.set(presets);
    keepItem(KEY, presets.length > 0 ? presets : undefined);
  }
}

function keptPresets(): readonly PromptPreset[] {
  const kept = keptItem(KEY);
  return Array.isArray(kept) ? kept.slice(0, MOST_PRESETS).filter(isPreset) : [];
}

function isPreset(value: unknown): value is PromptPreset {
  if (typeof value !== "object" || value === null) return false;
  const { name, text } = value as Partial<Record<string, unknown>>;
  return (
    typeof name === "string" &&
    name.length <= MAX_NAME &&
    typeof text === "string" &&
    text.length <= MAX_SYSTEM_PROMPT
  );
}
