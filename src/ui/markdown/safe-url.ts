const SAFE_PROTOCOLS = new Set(["http:", "https:", "mailto:"]);

/**
 * A link's address, or undefined where it must not be followed.
 *
 * Relative addresses are dropped too: the model cannot know this page, and `#...` would open a conversation.
 */
export function safeLinkUrl(url: string): string | undefined {
  return URL.canParse(url) && SAFE_PROTOCOLS.has(new URL(url).protocol) ? url : undefined;
}
