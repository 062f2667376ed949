import { FileText } from "lucide-react";
import "../styles/attachments.css";

interface AttachmentLabelProps {
  name: string;
  /** How large it is. */
  size: string;
}

/** What a file is called and how large it is, in one line. */
export function AttachmentLabel({ name, size }: AttachmentLabelProps) {
  return (
    <>
      <FileText aria-hidden size="1.125em" />
      <bdi className="name" title={name} translate="no">
        {name}
      </bdi>
      <span className="size">{size}</span>
    </>
  );
}
