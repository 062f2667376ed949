import { ObservableValue } from "../../client/observable-value.ts";

/** Something that just happened. Each is a new object, so that the same words can be said twice. */
interface Announcement {
  text: string;
  /** Whether it is shown for a moment too. What can be seen on the page anyway is only spoken. */
  isShown: boolean;
}

/** What was announced last. */
export const announcement = new ObservableValue<Announcement>({ text: "", isShown: false });

/** Has a screen reader say something, once, whatever has the focus. */
export function announce(text: string, { isShown = false } = {}): void {
  announcement.set({ text, isShown });
}
