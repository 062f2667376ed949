import type { QualityLevel } from "../../protocol/quality.ts";
import { ModalDialog } from "../ModalDialog.tsx";
import { CacheSettings } from "./CacheSettings.tsx";
import { KeptModels } from "./KeptModels.tsx";
import { PersistenceNote } from "./PersistenceNote.tsx";

interface StorageDialogProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
  onClose: () => void;
}

/** What the browser keeps of the conversations, how much of it, and how that is changed. */
export function StorageDialog({ askedQuality, onClose }: StorageDialogProps) {
  return (
    <ModalDialog label="Storage" className="dialog storage" onClose={onClose}>
      <h2>Storage</h2>
      <p>
        Besides the text of your conversations, this browser keeps what the model has worked out
        about them: its caches. With its cache a conversation goes on at once, without being read
        again.
      </p>
      <CacheSettings askedQuality={askedQuality} />
      <KeptModels />
      <PersistenceNote />
      <form method="dialog" className="actions">
        <button>Close</button>
      </form>
    </ModalDialog>
  );
}
