import type { ReactNode } from "react";
import { InLink } from "./Picture.tsx";
import { mailAddress } from "./safe-url.ts";

interface MarkdownLinkProps {
  /** Undefined where it must not be followed. */
  url: string | undefined;
  /** What the link's text says. */
  text: string;
  children: ReactNode;
}

/** A link of a model's text. One that leads nowhere, or to a mail program, is the text that it has. */
export function MarkdownLink({ url, text, children }: MarkdownLinkProps) {
  const mail = mailAddress(url ?? "");
  if (mail !== undefined) return text.includes(mail) ? children : [children, ` (${mail})`];
  if (url === undefined) return children;
  return (
    <a href={url} target="_blank" rel="noopener noreferrer">
      <InLink value={true}>{children}</InLink>
    </a>
  );
}
