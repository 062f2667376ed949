import { Dialog } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import { TriangleAlert } from "lucide-react";
import { rememberHost } from "../../client/known-hosts.ts";
import { DialogPanel } from "../DialogPanel.tsx";
import "../styles/links.css";
import type { LinkFacts } from "./link-facts.ts";
import { warningSentence } from "./warning-sentence.ts";

interface LinkDialogProps {
  /** Of the link that is asked about; undefined while none is. */
  facts: LinkFacts | undefined;
  onClose: () => void;
}

/** Shows where a link leads, and opens it in a tab that knows nothing of this page. */
export function LinkDialog({ facts, onClose }: LinkDialogProps) {
  return (
    <Dialog.Root open={facts !== undefined} onOpenChange={(isOpen) => !isOpen && onClose()}>
      {facts && (
        <DialogPanel className="link-question">
          <Dialog.Title>{t`Open this link?`}</Dialog.Title>
          <Dialog.Description>
            {t`It leads out of this page, to this host:`} <strong dir="ltr">{facts.host}</strong>
          </Dialog.Description>
          <Warnings facts={facts} />
          <p className="address" dir="ltr">
            {shortened(facts.url)}
          </p>
          <div className="actions">
            <Dialog.Close>{t`Cancel`}</Dialog.Close>
            <Dialog.Close className="primary" onClick={() => open(facts)}>
              {t`Open`}
            </Dialog.Close>
          </div>
        </DialogPanel>
      )}
    </Dialog.Root>
  );
}

function Warnings({ facts: { warnings } }: { facts: LinkFacts }) {
  if (warnings.length === 0) return null;
  return (
    <ul className="warnings">
      {warnings.map((warning) => (
        <li key={warning.is}>
          <TriangleAlert aria-hidden size="1.125em" />
          <span>{warningSentence(warning)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Letters of an address that are shown. */
const MAX_SHOWN = 600;

const shortened = (url: string): string =>
  url.length <= MAX_SHOWN ? url : `${url.slice(0, MAX_SHOWN)}…`;

function open({ url, host }: LinkFacts): void {
  rememberHost(host);
  window.open(url, "_blank", "noopener,noreferrer");
}
