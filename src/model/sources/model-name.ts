/** The most letters of a name that are shown. */
const MAX_LETTERS = 80;

/** Letters of a text that are looked at: many more than are shown, and few enough to be gone through in no time. */
const MAX_READ = 1024;

/**
 * A name that anyone may have written, as it can be shown in one line: without control characters and such as turn the
 * direction of writing, and no longer than a line. Empty if nothing is left.
 */
export function displayName(name: string): string {
  const line = name.slice(0, MAX_READ).replace(/[\p{C}\p{Z}]+/gu, " ");
  const letters = Array.from(line.trim());
  return letters.length > MAX_LETTERS
    ? `${letters.slice(0, MAX_LETTERS).join("").trim()}…`
    : letters.join("");
}

/** The part of a path that every repository of a hub has behind its name: the revision. */
const REVISION = /\/resolve\/[^/]+\/$/;

/** What a model in a directory is called: the directory's last part, or the repository's. @param url with a final slash */
export function directoryName(url: string): string {
  const { pathname, hostname } = new URL(url);
  const path = pathname.replace(REVISION, "/");
  return displayName(decoded(path.split("/").findLast((part) => part !== "") ?? hostname));
}

/** A part of a URL as it was before it was encoded, or as it is. */
export function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
