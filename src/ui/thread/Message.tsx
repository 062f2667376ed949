import { lazy, memo, Suspense, useDeferredValue } from "react";
import type { MessageRecord } from "../../protocol/store-api.ts";
import { LongText, SHOWN_CHARACTERS } from "./LongText.tsx";
import { memoryNote, messageNote } from "./message-note.ts";

/** Not part of the first load. Where it cannot be fetched, plain text is better than no page. */
export async function loadMarkdown() {
  const { Markdown } = await import("./Markdown.tsx").catch(() => ({ Markdown: PlainText }));
  return { default: Markdown };
}

const Markdown = lazy(loadMarkdown);

interface MessageProps {
  message: Pick<MessageRecord, "role" | "text" | "status" | "finishReason" | "context">;
  /** The reply is being written right now. */
  isGrowing: boolean;
}

/** Memoised: while a reply grows, the messages before it are left alone. */
export const Message = memo(function Message({ message, isGrowing }: MessageProps) {
  if (message.role === "user")
    return (
      <article className="message user" aria-label="You">
        <LongText text={message.text}>{(shown) => <PlainText text={shown} />}</LongText>
      </article>
    );
  const notes = isGrowing ? [] : [messageNote(message), memoryNote(message)];
  return (
    // Busy: the log reads the reply out once, when it is whole.
    <article className="message assistant" aria-label="Assistant" aria-busy={isGrowing}>
      {message.text !== "" && <AssistantText text={message.text} isGrowing={isGrowing} />}
      {message.text === "" && isGrowing && <span className="thinking" aria-hidden />}
      {notes.map(
        (note) =>
          note !== null && (
            <p key={note} className="note">
              {note}
            </p>
          ),
      )}
    </article>
  );
});

/** Tokens may come faster than they can be parsed: a growing text may skip some, a whole one none. */
function AssistantText({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const deferred = useDeferredValue(text);
  // No model writes so much: it is not worth the time it would take to parse.
  if (text.length > SHOWN_CHARACTERS)
    return <LongText text={text}>{(shown) => <PlainText text={shown} />}</LongText>;
  return (
    <div className="markdown">
      <Suspense fallback={<PlainText text={text} />}>
        <Markdown text={isGrowing ? deferred : text} />
      </Suspense>
    </div>
  );
}

function PlainText({ text }: { text: string }) {
  return <p className="plain">{text}</p>;
}
