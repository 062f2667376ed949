/** Letters of a title that a file is named by. */
const MAX_LETTERS = 60;

/** What no file system, or no address, has in a name; also marks that turn the direction of what follows. */
const FORBIDDEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}<>:"/\\|?*]+/gu;

/**
 * A name for an exported file: that of the page and the day, or a conversation's title.
 *
 * @param day in the person's own time zone
 */
export function fileName(ending: "json" | "md", title?: string, day = new Date()): string {
  const [year, month, date] = [day.getFullYear(), day.getMonth() + 1, day.getDate()];
  const written = [year, month, date].map((part) => String(part).padStart(2, "0")).join("-");
  const plain = (title ?? "").replace(FORBIDDEN, " ").replace(/\s+/g, " ");
  const named = Array.from(plain.trim().replace(/^[.\s]+/, ""))
    .slice(0, MAX_LETTERS)
    .join("")
    .trim();
  return `${named === "" ? `rekindle-${written}` : named}.${ending}`;
}
