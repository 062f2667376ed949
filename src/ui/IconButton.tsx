import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";

interface IconButtonProps extends Omit<ComponentProps<"button">, "children" | "aria-label"> {
  /** One of lucide-react's, from which all icons of the page come. */
  icon: LucideIcon;
  /** The button's name for screen readers, which a pointer sees too after a moment. */
  label: string;
}

/** A button with an icon in place of words. */
export function IconButton({ icon: Icon, label, className, ...props }: IconButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={["icon-button", className].filter(Boolean).join(" ")}
      {...props}
    >
      <Icon aria-hidden size="1.125em" />
    </button>
  );
}
