import type { TextSize, Theme } from "../../client/preferences/preferences.ts";

/** The colour of the browser's own frame around the page: `--surface-side` of the style sheet. */
const FRAME_COLOURS = { light: "#f4f1ec", dark: "#1d1b19" } as const;

/** Gives the document the colours and the size of text that were chosen. The style sheets know both by attributes. */
export function applyAppearance(
  { documentElement: root, head }: Document,
  { theme, textSize }: { theme: Theme; textSize: TextSize },
): void {
  setOrRemove(root, "data-theme", theme === "system" ? undefined : theme);
  setOrRemove(root, "data-text-size", textSize === "normal" ? undefined : textSize);
  for (const meta of head.querySelectorAll("meta[name=theme-color]")) {
    const ofSystem = meta.getAttribute("media")?.includes("dark") ? "dark" : "light";
    meta.setAttribute("content", FRAME_COLOURS[theme === "system" ? ofSystem : theme]);
  }
}

function setOrRemove(element: HTMLElement, name: string, value: string | undefined): void {
  if (value === undefined) element.removeAttribute(name);
  else element.setAttribute(name, value);
}
