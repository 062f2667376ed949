/** The last part of the path of a model's address: the name of its directory or file. */
export function lastPartOf(url: string): string {
  const { pathname } = URL.canParse(url) ? new URL(url) : { pathname: url };
  const part = pathname.split("/").findLast((piece) => piece !== "") ?? url;
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
