import { t } from "@lingui/core/macro";
import { ImageOff } from "lucide-react";
import { createContext, useContext } from "react";

/** Whether what is drawn is part of a link already. */
export const InLink = createContext(false);

interface PictureProps {
  /** What the picture shows, if the text says so. */
  alt: string | undefined;
  /** Undefined where it must not be followed. */
  url: string | undefined;
}

/**
 * A picture of a model's text. To fetch it would tell its server who reads what, and could carry words of the conversation
 * there. So its description is shown, with a link for whoever wants to see it.
 */
export function Picture({ alt = "", url }: PictureProps) {
  const isInLink = useContext(InLink);
  return (
    <span className="picture">
      <ImageOff aria-hidden size="1em" /> {alt === "" ? t`Picture` : alt}
      {url !== undefined && !isInLink && (
        <>
          {" ("}
          <a href={url} target="_blank" rel="noopener noreferrer">
            {shortened(url)}
          </a>
          )
        </>
      )}
    </span>
  );
}

/** Letters of an address that are shown. */
const MAX_SHOWN = 60;

function shortened(url: string): string {
  const { host, pathname, search } = new URL(url);
  const address = `${host}${pathname}${search}`;
  return address.length <= MAX_SHOWN ? address : `${address.slice(0, MAX_SHOWN)}…`;
}
