/** @file A line of a message as plain words: what a title is made of. */

/** Marks at the beginning of a line: headings, quotes, lists, tasks, and the bars of fences and rules. */
const LINE_MARKS = /^\s*(?:(?:#{1,6}|>|[-*+]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?)+/;
const FENCE_OR_RULE = /^\s*(?:`{3,}.*|~{3,}.*|[-*_=]{3,})\s*$/;
const LINK = /!?\[([^\]]{0,500})\]\([^)\s]{0,2000}(?:\s[^)]{0,500})?\)/g;
/** Pairs of marks around words. A mark inside a word, as in a file's name, is no mark. */
const EMPHASIS =
  /(?<![\p{L}\p{N}])(\*{1,3}|_{1,3}|~~|`{1,3})(?=\S)(.{1,1000}?)(?<=\S)\1(?![\p{L}\p{N}])/gu;

/** The line without the marks of Markdown, and with single spaces. A line of marks alone is empty. */
export function withoutMarks(line: string): string {
  if (FENCE_OR_RULE.test(line)) return "";
  return line
    .replace(LINE_MARKS, "")
    .replace(LINK, "$1")
    .replace(EMPHASIS, "$2")
    .replace(/\s+/g, " ")
    .trim();
}

const GREETINGS = [
  "hi|hello|hey|hiya|good (?:morning|afternoon|evening|day)|greetings|dear|how are you(?: doing)?(?: today)?|what['’]s up",
  "hallo|moin|servus|guten (?:tag|morgen|abend)|bonjour|bonsoir|salut|hola|buen[oa]s (?:d[ií]as|tardes|noches)",
  "ciao|salve|buongiorno|olá|oi|bom dia|hej|hei|cześć|привет|здравствуйте|добрый день|merhaba",
  "مرحبا|أهلا|السلام عليكم|سلام|שלום|नमस्ते|你好|您好|嗨|早上好|こんにちは|おはよう(?:ございます)?|もしもし|안녕(?:하세요)?",
].join("|");
const ADDRESSEES = "there|all|everyone|everybody|again|assistant|pip|friend";

/** A greeting at the beginning, up to the mark that ends it. "Hello World in C" has none. */
const GREETING = new RegExp(
  `^(?:${GREETINGS})(?: (?:${ADDRESSEES}))?(?:\\s*[,.!?;:…،。，！？、~–—-]+\\s*|$)`,
  "iu",
);

/** The line without the greetings that it begins with, and with a capital where words were taken away before it. */
export function withoutGreeting(line: string): string {
  let rest = line;
  for (let before = ""; before !== rest;) {
    before = rest;
    rest = rest.replace(GREETING, "");
  }
  return rest === line ? line : capitalised(rest);
}

function capitalised(text: string): string {
  const [first = ""] = text;
  return first.toUpperCase() + text.slice(first.length);
}
