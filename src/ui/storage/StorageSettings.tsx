import type { QualityLevel } from "../../protocol/quality.ts";
import { CacheSettings } from "./CacheSettings.tsx";
import { DownloadedModels } from "./DownloadedModels.tsx";
import { KeptModels } from "./KeptModels.tsx";
import { PersistenceNote } from "./PersistenceNote.tsx";
import { TransferSettings } from "./TransferSettings.tsx";

interface StorageSettingsProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
}

/** What the browser keeps of the conversations, how much of it, and how that is changed. */
export function StorageSettings({ askedQuality }: StorageSettingsProps) {
  return (
    <>
      <h3>Storage</h3>
      <p>
        Besides the text of your conversations, this browser keeps what the model has worked out
        about them: its caches. With its cache a conversation goes on at once, without being read
        again.
      </p>
      <CacheSettings askedQuality={askedQuality} />
      <DownloadedModels />
      <KeptModels />
      <PersistenceNote />
      <TransferSettings />
    </>
  );
}
