import { useClient } from "../../client/hooks/client-context.ts";
import type { EnterKey } from "../../client/preferences/preferences.ts";
import { usePreference } from "./use-appearance.ts";

/** What is known of a key that was pressed in the message. */
interface PressedKey {
  key: string;
  shiftKey: boolean;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  isComposing: boolean;
  /** The old code, which one browser still needs. */
  keyCode?: number;
}

/** A window whose only keyboard is on its screen has no key for a new line besides Enter. */
const TOUCH_KEYBOARD = "(hover: none) and (pointer: coarse)";

/** Whether Enter alone sends here. What is preferred goes before what the device is like. */
export function enterAloneSends(preferred: EnterKey): boolean {
  return preferred === "auto" ? !matchMedia(TOUCH_KEYBOARD).matches : preferred === "sends";
}

/** Whether Enter alone sends, in every field in which a message is written. */
export const useEnterSends = (): boolean =>
  enterAloneSends(usePreference(useClient().preferences.enterKey));

/**
 * Whether a key that was pressed in the message sends it. The first rule that applies decides.
 *
 * EK1. No other key than Enter sends, and no Enter that ends an input method's composition.
 * EK2. Enter with Shift or Alt makes a new line, whatever is preferred.
 * EK3. Enter with Ctrl or ⌘ sends, whatever is preferred.
 * EK4. Enter alone does what `aloneSends` says.
 */
export function sends(event: PressedKey, aloneSends: boolean): boolean {
  if (event.key !== "Enter" || isComposing(event)) return false;
  if (event.shiftKey || event.altKey) return false;
  return event.ctrlKey || event.metaKey || aloneSends;
}

/** In Safari a composition is over before the event of the Enter that ended it. Its old key code still shows it. */
function isComposing(event: Pick<PressedKey, "isComposing" | "keyCode">): boolean {
  return event.isComposing || event.keyCode === 229;
}
