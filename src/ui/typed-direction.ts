/**
 * The `dir` of a field: that of what is typed in it. While that is nothing, it is the page's, in whose language the
 * placeholder is.
 */
export const typedDirection = (text: string): "auto" | undefined =>
  text === "" ? undefined : "auto";
