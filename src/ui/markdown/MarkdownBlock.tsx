import { t } from "@lingui/core/macro";
import type { Element, ElementContent } from "hast";
import { createContext, memo, useContext } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remend from "remend";
import { CodeBlock } from "./CodeBlock.tsx";
import { MathView } from "./MathView.tsx";
import { MarkdownLink } from "./MarkdownLink.tsx";
import { Picture } from "./Picture.tsx";
import { REMARK_PLUGINS } from "./parser.ts";
import { mailAddress, safeLinkUrl } from "./safe-url.ts";

interface MarkdownBlockProps {
  text: string;
  /** More of the block is about to come. */
  isGrowing: boolean;
}

/** What stands at the end of a growing block and is not whole yet is shown as what it is about to be. */
const completed = (text: string): string =>
  remend(text, { linkMode: "text-only", katex: false, htmlTags: false });

/** Addresses that are drawn in some way. */
const shownUrl = (url: string): string | undefined =>
  mailAddress(url) === undefined ? safeLinkUrl(url) : url;

/** One block of a text, on its own. */
export const MarkdownBlock = memo(function MarkdownBlock({ text, isGrowing }: MarkdownBlockProps) {
  return (
    <IsGrowing value={isGrowing}>
      <ReactMarkdown
        remarkPlugins={REMARK_PLUGINS}
        remarkRehypeOptions={{ footnoteLabel: t`Footnotes` }}
        components={COMPONENTS}
        urlTransform={shownUrl}
      >
        {isGrowing ? completed(text) : text}
      </ReactMarkdown>
    </IsGrowing>
  );
});

/**
 * Whether more of the block is about to come. Code has to know; if there were one component for growing code and another
 * for whole code, a block that comes to its end would be drawn anew, and lose what is selected and scrolled in it.
 */
const IsGrowing = createContext(false);

function GrowingCode({ code, language }: { code: string; language: string | undefined }) {
  return <CodeBlock code={code} language={language} isGrowing={useContext(IsGrowing)} />;
}

const COMPONENTS: Components = {
  img: ({ alt, src }) => (
    <Picture alt={alt} url={typeof src === "string" ? safeLinkUrl(src) : undefined} />
  ),
  a: ({ href, children, node }) =>
    // A footnote's way back to its mark is an address within this page, which would be a conversation's.
    node?.properties["dataFootnoteBackref"] !== undefined ? null : (
      <MarkdownLink url={href} text={textOf(node)}>
        {children}
      </MarkdownLink>
    ),
  code: ({ className, children, node }) =>
    classesOf(node).includes("math-inline") ? (
      <MathView formula={textOf(node)} isDisplayed={false} />
    ) : (
      <code className={className}>{children}</code>
    ),
  table: ({ children }) => (
    // A table that is wider than the page scrolls inside of itself, by keyboard too.
    <div className="table" role="region" tabIndex={0} aria-label={t`Table`}>
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => (
    <input type="checkbox" checked={checked} disabled aria-label={checked ? t`Done` : t`To do`} />
  ),
  pre: ({ node }) => {
    const code = node?.children.find((child) => child.type === "element");
    const classes = classesOf(code);
    if (classes.includes("math-display"))
      return <MathView formula={textOf(code)} isDisplayed={true} />;
    const language = classes
      .find((name) => name.startsWith("language-"))
      ?.slice("language-".length);
    return <GrowingCode code={textOf(code)} language={language} />;
  },
};

function classesOf(node: Element | undefined): string[] {
  const names = node?.properties["className"];
  return Array.isArray(names) ? names.map(String) : [];
}

function textOf(node: ElementContent | undefined): string {
  if (node?.type === "text") return node.value;
  return node?.type === "element" ? node.children.map(textOf).join("") : "";
}
