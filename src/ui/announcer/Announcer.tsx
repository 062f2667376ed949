import { useEffect, useState, useSyncExternalStore } from "react";
import { announcement } from "./announce.ts";

/** How long an announcement is there. What is read out later than that is not news any more. */
const SHOWN_MS = 4000;

/**
 * Where announcements are made, for the whole page. The region is always in the document, because a live region that
 * appears together with its text is not read out, and empty between two announcements, so that each is a change.
 */
export function Announcer() {
  const latest = useSyncExternalStore(announcement.subscribe, announcement.getSnapshot);
  const [over, setOver] = useState(latest);
  useEffect(() => {
    const timer = setTimeout(() => setOver(latest), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [latest]);
  const isOver = over === latest;
  const isShown = latest.isShown && !isOver;
  return (
    <p role="status" className={isShown ? "announcement" : "visually-hidden"}>
      {isOver ? "" : latest.text}
    </p>
  );
}
