import { i18n } from "@lingui/core";
import { useEffect, useState } from "react";
import { useClient } from "../../client/hooks/client-context.ts";
import { languageFor, speak } from "../locales/speak.ts";
import { usePreference } from "../preferences/use-appearance.ts";
import { App, type AppProps } from "./App.tsx";

/**
 * The app in the language that the person prefers. When another one is chosen everything is mounted anew, because a
 * sentence that was drawn does not know that its catalogue has changed. What is not React's, an answer that is being
 * written, goes on.
 */
export function LocalizedApp(props: AppProps) {
  const preferred = usePreference(useClient().preferences.language);
  const [spoken, setSpoken] = useState(i18n.locale);
  useEffect(() => {
    const wanted = [preferred, ...navigator.languages];
    if (languageFor(wanted).tag === i18n.locale) return;
    void speak(wanted)
      .catch(reportError)
      .then(() => setSpoken(i18n.locale));
  }, [preferred]);
  return <App key={spoken} {...props} />;
}
