import { Tabs } from "@base-ui/react/tabs";
import { t } from "@lingui/core/macro";
import { Cpu, Database, HardDrive, type LucideIcon, MessagesSquare, Settings2 } from "lucide-react";
import type { ReactNode } from "react";
import type { QualityLevel } from "../../protocol/quality.ts";
import { CacheSettings } from "../storage/CacheSettings.tsx";
import { DownloadedModels } from "../storage/DownloadedModels.tsx";
import { KeptModels } from "../storage/KeptModels.tsx";
import { PersistenceNote } from "../storage/PersistenceNote.tsx";
import { EraseSettings } from "../erasure/EraseSettings.tsx";
import { ConversationTransfer } from "../transfer/ConversationTransfer.tsx";
import { TransferSettings } from "../transfer/TransferSettings.tsx";
import { useMediaQuery } from "../use-media-query.ts";
import { GeneralSettings } from "./GeneralSettings.tsx";
import { DeviceSettings } from "./DeviceSettings.tsx";
import { NewConversationSettings } from "./NewConversationSettings.tsx";
import { LinkSettings } from "./LinkSettings.tsx";
import "../styles/erasure.css";
import "../styles/conversation-settings.css";

/** One subject of the settings, with the tab that leads to it. */
interface Section {
  id: string;
  name: string;
  icon: LucideIcon;
  content: ReactNode;
}

/** All sections, in the order of their tabs. */
const sections = (askedQuality: QualityLevel | undefined): readonly Section[] => [
  { id: "general", name: t`General`, icon: Settings2, content: <GeneralSettings /> },
  {
    id: "conversations",
    name: t`Conversations`,
    icon: MessagesSquare,
    content: <NewConversationSettings />,
  },
  {
    id: "models",
    name: t`Models`,
    icon: Cpu,
    content: (
      <>
        <DeviceSettings />
        <DownloadedModels />
        <KeptModels />
      </>
    ),
  },
  {
    id: "storage",
    name: t`Storage`,
    icon: HardDrive,
    content: (
      <>
        <p>
          {t`Besides the text of your conversations, this browser keeps what the model has worked out about them: its caches. With its cache a conversation goes on at once, without being read again.`}
        </p>
        <CacheSettings askedQuality={askedQuality} />
        <PersistenceNote />
      </>
    ),
  },
  {
    id: "data",
    name: t`Your data`,
    icon: Database,
    content: (
      <>
        <TransferSettings />
        <ConversationTransfer />
        <LinkSettings />
        <EraseSettings />
      </>
    ),
  },
];

/** Where there is room, the tabs stand beside their sections; in a narrow window above them. */
const WIDE = "(min-width: 44rem)";

interface SettingsSectionsProps {
  /** The level that the page's address asks for. */
  askedQuality: QualityLevel | undefined;
  /** The one that is shown. */
  section: string;
  onSection: (id: string) => void;
}

/** All settings, of which one section is shown at a time. */
export function SettingsSections({ askedQuality, section, onSection }: SettingsSectionsProps) {
  const all = sections(askedQuality);
  return (
    <Tabs.Root
      className="sections"
      value={section}
      onValueChange={(id) => onSection(String(id))}
      orientation={useMediaQuery(WIDE) ? "vertical" : "horizontal"}
    >
      <Tabs.List className="tabs" activateOnFocus>
        {all.map(({ id, name, icon: Icon }) => (
          <Tabs.Tab key={id} value={id} className="tab">
            <Icon aria-hidden size="1.125em" />
            {name}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {all.map(({ id, content }) => (
        <Tabs.Panel key={id} value={id} className="section">
          {content}
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}
