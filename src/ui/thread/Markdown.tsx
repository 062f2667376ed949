import { memo } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { safeLinkUrl } from "./safe-url.ts";

const PLUGINS = [remarkGfm];

const COMPONENTS: Components = {
  // To fetch a picture would tell its server who reads what. So only the description of the picture is shown.
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
