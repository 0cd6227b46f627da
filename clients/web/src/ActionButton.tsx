// A button that, when it cannot be pressed, says why, and stays reachable so that it can.
import { useId, type MouseEvent, type ReactNode } from "react";

interface Props {
  /** Why it cannot be pressed; `null` when it can. */
  readonly reason: string | null;
  readonly onAction: (event: MouseEvent) => void;
  readonly children: ReactNode;
  /** Its name, where the words on it are not enough. */
  readonly label?: string;
  /** More about it, while it can be pressed. */
  readonly title?: string | undefined;
  /** For a button that switches something: whether it is on. */
  readonly pressed?: boolean;
  /** Whether it sends the form it stands in. */
  readonly submit?: boolean;
  readonly className?: string;
  readonly tabIndex?: number;
}

export function ActionButton({ reason, onAction, children, label, title, pressed, submit = false, className, tabIndex }: Props) {
  const id = useId();
  return (
    <span className="action">
      <button
        type={submit ? "submit" : "button"}
        className={className}
        tabIndex={tabIndex}
        aria-label={label}
        aria-pressed={pressed}
        aria-disabled={reason !== null}
        aria-describedby={reason === null ? undefined : id}
        title={reason ?? title}
        onClick={(event) => {
          if (reason === null) onAction(event);
        }}
      >
        {children}
      </button>
      {reason !== null && (
        <span className="unseen" id={id}>
          {reason}
        </span>
      )}
    </span>
  );
}
