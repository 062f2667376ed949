interface MoreButtonProps {
  label: string;
  onMore: () => void;
}

/** Stands at the edge of a long list or text, and shows more of it. */
export function MoreButton({ label, onMore }: MoreButtonProps) {
  return (
    <button type="button" className="more" onClick={onMore}>
      {label}
    </button>
  );
}
