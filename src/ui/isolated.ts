/**
 * A text that a person or a model wrote, to stand in a sentence of the page. It keeps its own direction, and the sentence
 * keeps the page's: the marks are Unicode's "first strong isolate" and what ends it.
 */
export const isolated = (text: string): string => `\u2068${text}\u2069`;
