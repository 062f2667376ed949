import { ObservableValue } from "../../client/observable-value.ts";

/** The section that is shown first. */
export const FIRST_SECTION = "general";

/**
 * Which section of the settings is open; undefined while the dialog is closed. It is kept outside of React, because the
 * dialog stays open when the page is drawn anew in another language.
 */
export const openSection = new ObservableValue<string | undefined>(undefined);
