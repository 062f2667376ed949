import { useEffect, useSyncExternalStore } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import type { Preference } from "../../client/preferences/preference.ts";
import { applyAppearance } from "./appearance.ts";

/** What is preferred, now and whenever that changes. */
export const usePreference = <Value extends string>(preference: Preference<Value>): Value =>
  useSyncExternalStore(preference.subscribe, preference.getSnapshot);

/** Has the page look as the person prefers, also when another tab is where they say so. */
export function useAppearance(): void {
  const { preferences } = useClient();
  const theme = usePreference(preferences.theme);
  const textSize = usePreference(preferences.textSize);
  useEffect(() => applyAppearance(document, { theme, textSize }), [theme, textSize]);
  useEffect(() => preferences.followOtherTabs(), [preferences]);
}
