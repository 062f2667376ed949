import { useEffect, useState } from "react";
import { isKnownHost } from "../../client/known-hosts.ts";
import { laterPart } from "../later/later-part.tsx";
import { useLaterDialog } from "../later/use-later-dialog.ts";
import { isAskedAbout, linkFacts, type LinkFacts } from "./link-facts.ts";

const LinkDialog = laterPart(async () => (await import("./LinkDialog.tsx")).LinkDialog);

/**
 * Asks before a link leads to a host for the first time. It stands between the whole page and the browser, so that no
 * link is followed past it: not by the middle button, with a key held down, or by keyboard, whichever part of the page
 * the link is in.
 */
export function LinkGuard() {
  const [asked, setAsked] = useState<LinkFacts | undefined>(undefined);
  useEffect(() => {
    const listeners = new AbortController();
    const options = { capture: true, signal: listeners.signal };
    const guard = (event: MouseEvent) => {
      const link = linkOf(event);
      if (!link || leadsWithin(link)) return;
      const facts = factsOf(link);
      if (facts && !isAskedAbout(facts, isKnownHost)) return;
      event.preventDefault();
      if (facts) setAsked(facts);
    };
    document.addEventListener("click", guard, options);
    // This is what the middle button makes. That of the right one opens a menu, which says where the link leads.
    document.addEventListener("auxclick", (event) => event.button === 1 && guard(event), options);
    return () => listeners.abort();
  }, []);
  const close = () => setAsked(undefined);
  useLaterDialog(LinkDialog, asked !== undefined, close);
  return <LinkDialog facts={asked} onClose={close} />;
}

/** Formulas and drawings have links too, which are other elements. */
const linkOf = ({ target }: MouseEvent): Element | null =>
  target instanceof Element ? target.closest("a") : null;

/** Downloads and conversations have addresses of the page's own. */
const leadsWithin = (link: Element): boolean =>
  link instanceof HTMLAnchorElement && (link.href === "" || link.origin === location.origin);

/** The page makes no link but those of HTML, so any other one is none that should be followed. */
const factsOf = (link: Element): LinkFacts | undefined =>
  link instanceof HTMLAnchorElement ? linkFacts(link.href, link.textContent) : undefined;
