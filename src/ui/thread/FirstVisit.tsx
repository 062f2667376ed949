import { t } from "@lingui/core/macro";
import { Cpu, Lock, Trash2, X } from "lucide-react";
import { useState } from "react";
import { isIntroduced, rememberIntroduction } from "../../client/first-visit.ts";
import { useConversations } from "../../client/hooks/conversation-queries.ts";
import { useStorageUsage } from "../../client/hooks/storage-queries.ts";
import { IconButton } from "../IconButton.tsx";

/** Says at the first visit what stays on this device, until there is a conversation or it is dismissed. */
export function FirstVisit() {
  const [isDismissed, setDismissed] = useState(isIntroduced);
  const conversations = useConversations();
  // In a private window nothing stays, which another notice says.
  const isKept = useStorageUsage().data?.mode.kind === "persistent";
  if (isDismissed || !isKept || conversations.data?.length !== 0) return null;
  const dismiss = () => {
    rememberIntroduction();
    setDismissed(true);
  };
  return <FirstVisitView onDismiss={dismiss} />;
}

export function FirstVisitView({ onDismiss }: { onDismiss: () => void }) {
  return (
    <section className="first-visit" aria-label={t`What stays on this device`}>
      <ul>
        <li>
          <Lock aria-hidden size="1.125em" />
          {t`What you write stays in this browser. Nothing of it is sent anywhere.`}
        </li>
        <li>
          <Cpu aria-hidden size="1.125em" />
          {t`The model runs on this device. Its files are fetched once, and kept.`}
        </li>
        <li>
          <Trash2 aria-hidden size="1.125em" />
          {t`Under Settings, you can export everything and delete everything.`}
        </li>
      </ul>
      <IconButton icon={X} label={t`Hide`} onClick={onDismiss} />
    </section>
  );
}
