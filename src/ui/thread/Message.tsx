import { t } from "@lingui/core/macro";
import { lazy, memo, Suspense, useDeferredValue } from "react";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { LongText, SHOWN_CHARACTERS } from "./LongText.tsx";
import { memoryNote, messageNote, rereadingNote } from "./message-note.ts";
import { Reasoning } from "./Reasoning.tsx";
import { ReplyDetails } from "./ReplyDetails.tsx";
import { SentFiles } from "./SentFiles.tsx";

/** Loads the parts that draw Markdown, after the first load. Where they cannot be fetched, the text is shown plain. */
export async function loadMarkdown() {
  const { Markdown } = await import("../markdown/Markdown.tsx").catch(() => ({
    Markdown: PlainText,
  }));
  return { default: Markdown };
}

const Markdown = lazy(loadMarkdown);

interface MessageProps {
  message: Pick<
    MessageRecord,
    | "role"
    | "text"
    | "reasoning"
    | "reasoningMs"
    | "status"
    | "finishReason"
    | "context"
    | "model"
    | "rereading"
    | "figures"
    | "attachments"
  >;
  /** The reply is being written right now. */
  isGrowing: boolean;
}

/** One message. It is memoised, so that the messages before a growing reply are not drawn again. */
export const Message = memo(function Message({ message, isGrowing }: MessageProps) {
  if (message.role === "user")
    return (
      <article className="message user" aria-label={t`You`}>
        {message.attachments && <SentFiles attachments={message.attachments} />}
        {message.text !== "" && (
          <LongText text={message.text}>{(shown) => <PlainText text={shown} />}</LongText>
        )}
      </article>
    );
  const { text, reasoning, reasoningMs } = message;
  const isAnswered = text !== "";
  const notes = isGrowing
    ? []
    : [messageNote(message), memoryNote(message), rereadingNote(message)];
  return (
    <article className="message assistant" aria-label={t`Assistant`} aria-busy={isGrowing}>
      {reasoning !== undefined && (
        <Reasoning {...{ reasoning, reasoningMs, isAnswered, isGrowing }} />
      )}
      {isAnswered && <AssistantText text={text} isGrowing={isGrowing} />}
      {isGrowing && !isAnswered && reasoning === undefined && (
        <span className="thinking" aria-hidden />
      )}
      {notes.map(
        (note) =>
          note !== null && (
            <p key={note} className="note">
              {note}
            </p>
          ),
      )}
      {!isGrowing && (message.model ?? message.figures) && (
        <ReplyDetails model={message.model} figures={message.figures} />
      )}
    </article>
  );
});

/** Tokens may come faster than Markdown can be parsed. So a growing text may lag behind, but a whole one never does. */
function AssistantText({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const deferred = useDeferredValue(text);
  // No model writes this much, and such a text is not worth the time that parsing it would take.
  if (text.length > SHOWN_CHARACTERS)
    return <LongText text={text}>{(shown) => <PlainText text={shown} />}</LongText>;
  return (
    <div className="markdown" dir="auto">
      <Suspense fallback={<PlainText text={text} />}>
        <Markdown text={isGrowing ? deferred : text} isGrowing={isGrowing} />
      </Suspense>
    </div>
  );
}

/** The text has a direction of its own. What the page says around it has the page's. */
function PlainText({ text }: { text: string }) {
  return (
    <p className="plain" dir="auto">
      {text}
    </p>
  );
}
