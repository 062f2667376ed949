import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import {
  added,
  freeName,
  without,
  type Added,
} from "../../client/attachments/added-attachments.ts";
import { draftAttachments } from "../../client/attachments/draft-attachments.ts";
import { readTextFile } from "../../client/attachments/read-text-file.ts";
import type { Attachment } from "../../protocol/attachments.ts";

export interface DraftFilesState extends Added {
  /** Reads files, and attaches those that are texts. */
  attach: (files: readonly File[]) => void;
  /** Attaches a text that was pasted. */
  attachText: (text: string) => void;
  remove: (attachment: Attachment) => void;
  /** Removes what was sent. What was attached after it stays. */
  removeSent: (sent: readonly Attachment[]) => void;
  dismissRefusals: () => void;
}

const NOTHING: Added = { attachments: [], refusals: [] };

/**
 * The files of a draft, kept per conversation across reloads.
 *
 * @param key of the draft
 */
export function useDraftFiles(key: string): DraftFilesState {
  const [shown, setShown] = useState(NOTHING);
  /** What is attached now, also where the page was not drawn since. */
  const now = useRef(NOTHING);
  const change = (next: Added) => {
    now.current = next;
    setShown(next);
  };
  const keep = (next: Added) => {
    change(next);
    void draftAttachments.write(key, next.attachments);
  };
  useEffect(() => {
    let isGone = false;
    void draftAttachments.read(key).then((kept) => {
      if (isGone || kept.length === 0) return;
      const { attachments, refusals } = now.current;
      const next = { ...added(kept, attachments), refusals };
      now.current = next;
      setShown(next);
    });
    const end = draftAttachments.listenToReturns((to, returned) => {
      if (to !== key) return;
      const { attachments, refusals } = now.current;
      const next = { ...added(returned, attachments), refusals };
      now.current = next;
      setShown(next);
    });
    return () => {
      isGone = true;
      end();
    };
  }, [key]);
  const remove = (removed: readonly Attachment[]) =>
    keep({ ...now.current, attachments: without(now.current.attachments, removed) });
  return {
    ...shown,
    attach: (files) => {
      void Promise.all(files.map(readTextFile)).then((read) =>
        keep(added(now.current.attachments, read)),
      );
    },
    attachText: (text) => {
      const { attachments } = now.current;
      const name = freeName(`${t`Pasted text`}.txt`, attachments);
      keep(added(attachments, [{ name, text }]));
    },
    remove: (attachment) => remove([attachment]),
    removeSent: remove,
    dismissRefusals: () => change({ ...now.current, refusals: [] }),
  };
}
