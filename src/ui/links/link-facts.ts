/** Something about a link that can mislead. */
export type LinkWarning =
  /** The host's name has letters that may look like others. */
  | { is: "other-letters" }
  /** There is a name before the host, which may look like one. */
  | { is: "name-before-host"; name: string }
  /** The link's text names a host that the link does not lead to. */
  | { is: "text-names-other"; named: string }
  /** The address is long enough to carry what was written here. */
  | { is: "carries-text"; characters: number };

/** What a person has to know of a link before it is followed. */
export interface LinkFacts {
  /** The whole address, as the browser understands it. */
  url: string;
  /** As the browser looks it up: letters outside of ASCII are in punycode. With a port that is not the usual one. */
  host: string;
  warnings: readonly LinkWarning[];
}

/** Letters of an address behind its path that are worth a word. Shorter ones are usual. */
const MANY_CHARACTERS = 80;

/** A link's text is looked through up to here. */
const MAX_TEXT = 2000;

/**
 * What there is to know of a link.
 *
 * - `LK1` Only addresses of the web are followed. Others, such as those of mail programs, apps and scripts, are none.
 * - `LK2` The host is the one that the browser would ask, in punycode. Where that differs from letters, it is said.
 * - `LK3` What stands before an `@` is no part of the host, and that is said.
 * - `LK4` Where the text names a host, in an address or as a name on its own, it has to be the link's host or one that
 *   the link's host is part of; `www.` does not count.
 * - `LK5` What an address carries behind its path is counted, where it is long.
 *
 * @param text what is shown of the link
 * @returns undefined where the link must not be followed
 */
export function linkFacts(url: string, text: string): LinkFacts | undefined {
  if (!URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.protocol !== "https:" && parsed.protocol !== "http:") return undefined;
  const warnings = [
    isPunycode(parsed) && ({ is: "other-letters" } as const),
    nameBeforeHost(parsed),
    otherHostNamed(parsed, text.slice(0, MAX_TEXT)),
    carriedText(parsed),
  ].filter((warning) => warning !== false);
  return { url: parsed.href, host: parsed.host, warnings };
}

/**
 * Whether a person is asked before a link is followed.
 *
 * - `LK6` A host that a person opened before is not asked about again, unless the link pretends to be another one by
 *   `LK3` or `LK4`.
 */
export function isAskedAbout({ host, warnings }: LinkFacts, isKnown: (host: string) => boolean) {
  return (
    !isKnown(host) ||
    warnings.some(({ is }) => is === "name-before-host" || is === "text-names-other")
  );
}

const isPunycode = ({ hostname }: URL): boolean =>
  hostname.split(".").some((label) => label.startsWith("xn--"));

function nameBeforeHost({ username, password }: URL): LinkWarning | false {
  const name = decoded(username === "" ? password : username);
  return name !== "" && { is: "name-before-host", name };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function carriedText({ search, hash }: URL): LinkWarning | false {
  const characters = search.length + hash.length;
  return characters >= MANY_CHARACTERS && { is: "carries-text", characters };
}

function otherHostNamed({ hostname }: URL, text: string): LinkWarning | false {
  const host = withoutWww(hostname);
  const named = hostsIn(text).find((one) => host !== one && !host.endsWith(`.${one}`));
  return named !== undefined && { is: "text-names-other", named };
}

const withoutWww = (host: string): string => host.replace(/^www\./, "");

/** Words with a dot that are no hosts although they look like some: no top-level domain is called like this. */
const FILE_ENDINGS =
  /\.(js|mjs|jsx|ts|tsx|json|txt|html?|css|pdf|ya?ml|toml|xml|csv|cpp|java|gguf)$/i;

/** The hosts that a text names: those of addresses in it, and the text itself where it is nothing but a name. */
function hostsIn(text: string): string[] {
  const words = text.split(/[\s<>()"“”]+/u).filter((word) => word !== "");
  const addresses = words.filter((word) => /^(https?:[/\\]{2}|www\.)/i.test(word));
  const [only, second] = words;
  const isName =
    only !== undefined &&
    second === undefined &&
    /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}([/?#:]|$)/u.test(only) &&
    !FILE_ENDINGS.test(only);
  return [...addresses, ...(isName ? [only] : [])].flatMap((word) => {
    const address = /^https?:/i.test(word) ? word : `https://${word}`;
    return URL.canParse(address) ? [withoutWww(new URL(address).hostname)] : [];
  });
}
