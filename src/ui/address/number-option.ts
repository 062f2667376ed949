/**
 * The number that an option of the page's address gives. Undefined where the option is absent or makes no sense,
 * because a link may say anything.
 */
export function numberOption(
  query: URLSearchParams,
  name: string,
  isValid: (value: number) => boolean,
): number | undefined {
  const text = query.get(name)?.trim() ?? "";
  const value = Number(text);
  return text !== "" && isValid(value) ? value : undefined;
}

export const isBetween = (least: number, most: number) => (value: number) =>
  value >= least && value <= most;
