const WEB_PROTOCOLS = new Set(["http:", "https:"]);

/**
 * A link's address, or undefined where it must not be followed. Only the web is: what other addresses would start, such as a
 * mail program, a call or an app, is for a person to decide and not for a model.
 *
 * Relative addresses are dropped too: the model cannot know this page, and `#...` would open a conversation.
 */
export function safeLinkUrl(url: string): string | undefined {
  return URL.canParse(url) && WEB_PROTOCOLS.has(new URL(url).protocol) ? url : undefined;
}

const MAIL = /^mailto:/i;

/** The address of a link that writes a mail, which is shown and not followed; undefined if the link is another one. */
export const mailAddress = (url: string): string | undefined =>
  MAIL.test(url) ? url.replace(MAIL, "") : undefined;
