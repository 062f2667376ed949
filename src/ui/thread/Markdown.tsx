import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { safeLinkUrl } from "./safe-url.ts";

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  // A picture's address tells its server who reads what: nothing is fetched, the description stays.
  img: ({ alt }) => <>{alt}</>,
  a: ({ href, children }) =>
    href === undefined ? (
      <>{children}</>
    ) : (
      <a href={href} target="_blank" rel="noopener noreferrer">
        {children}
      </a>
    ),
};

/** A model's text. Raw HTML in it is shown as text. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return (
    <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={safeLinkUrl}>
      {text}
    </ReactMarkdown>
  );
});
