import { readFile, writeFile } from "node:fs/promises";
import { format, resolveConfig } from "prettier";

const DOCUMENT = "docs/measurements.md";

/** Formats Markdown in the same way as the rest of the document. */
export async function formatMeasurements(markdown: string): Promise<string> {
  return format(markdown, { ...(await resolveConfig(DOCUMENT)), parser: "markdown" });
}

/**
 * Puts Markdown between the two marks of that name in a text: `<!-- name:begin -->` and `<!-- name:end -->`.
 *
 * @throws if the text has no such marks
 */
export function betweenMarks(text: string, name: string, markdown: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from)
    throw new Error(`the table goes between ${begin} and ${end}, and these are not in the text`);
  return `${text.slice(0, from + begin.length)}\n\n${markdown.trim()}\n\n${text.slice(to)}`;
}

/** Writes Markdown between the two marks of that name in docs/measurements.md. */
export async function writeBetweenMarks(name: string, markdown: string): Promise<void> {
  const text = betweenMarks(
    await readFile(DOCUMENT, "utf8"),
    name,
    await formatMeasurements(markdown),
  );
  await writeFile(DOCUMENT, text);
  console.log(`what stands between the marks of ${name} in ${DOCUMENT} is new`);
}
