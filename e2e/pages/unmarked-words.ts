import type { Page } from "@playwright/test";

/** What is not the page's to translate: what people and models wrote, names, addresses and code. */
const NOT_TRANSLATED = [
  ".message :is(.plain, .markdown)",
  "#conversations a",
  "textarea",
  "code",
  "kbd",
  "body [lang]",
  "[translate=no]",
  "h1",
].join(", ");

/** Names, those of licences too, and what the browser calls units and languages. */
const NAMES =
  /\b(?:Rekindle|Pip|Hugging Face|GGUF|MLC|WebGPU|WebLLM|Markdown|ChatGPT|JSON|llama\.cpp|GB|MB|kB|bytes?|ms|Apache|MIT|[\w.-]+(?: [\w.-]+)* License|Gemma Terms of Use|English|Chinese|Japanese|Llama|Gemma|Qwen[\d.]*(?: Coder)?|localhost)\b/g;

/**
 * The words on the page, seen or read out, that the pseudo-language has not changed: they are not in the catalogue. Each
 * letter of a sentence in the catalogue has an accent there.
 *
 * @param own a word that the test has written, which is in titles too
 */
export function unmarkedWords(page: Page, own: string): Promise<string[]> {
  return page.evaluate(
    ({ notTranslated, names, own }) => {
      const pattern = new RegExp(names, "g");
      // What stands somewhere as a name, such as a model's, is one in labels too. A name may begin with another one.
      const shownNames = [...document.querySelectorAll("[translate=no]")]
        .map(({ textContent }) => textContent)
        .sort((one, other) => other.length - one.length);
      const withoutNames = (text: string) =>
        [own, ...shownNames].reduce((rest, name) => rest.replaceAll(name, ""), text);
      const isPlain = (text: string) =>
        /(?<![\p{L}\p{M}\w.-])[A-Za-z]{3,}(?![\p{L}\p{M}\w.-])/u.test(
          withoutNames(text).replace(pattern, ""),
        );
      const found = new Set<string>();
      for (const element of document.body.querySelectorAll("*")) {
        if (element.closest(notTranslated) || element.closest("script, style, noscript")) continue;
        const texts = [...element.childNodes]
          .filter((node) => node.nodeType === Node.TEXT_NODE)
          .map((node) => node.textContent ?? "");
        const attributes = ["aria-label", "title", "placeholder", "alt"].map(
          (name) => element.getAttribute(name) ?? "",
        );
        for (const text of [...texts, ...attributes]) if (isPlain(text)) found.add(text.trim());
      }
      return [...found];
    },
    { notTranslated: NOT_TRANSLATED, names: NAMES.source, own },
  );
}
