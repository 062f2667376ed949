/** At most the first `most` code units of a text, ending on a whole character. */
export function firstCharacters(text: string, most: number): string {
  if (text.length <= most) return text;
  const isSplit = isHighSurrogate(text.charCodeAt(most - 1));
  return text.slice(0, isSplit ? most - 1 : most);
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;
