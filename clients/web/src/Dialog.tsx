// A modal dialog: what is said while it is open is said in it, as all behind it is out of reach.
import { useCallback, useId, type KeyboardEvent, type ReactNode } from "react";

import { Notice } from "./connection/Notice.tsx";
import { enter } from "./layers.ts";

interface Props {
  readonly className: string;
  readonly label: string;
  readonly onClose: () => void;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
  /** What gets the focus, where it is not the first thing in it. */
  readonly focus?: string;
  readonly children: ReactNode;
}

export function Dialog({ className, label, onClose, onKeyDown, focus, children }: Props) {
  const layer = useId();
  const open = useCallback(
    (element: HTMLDialogElement) => {
      element.showModal();
      if (focus !== undefined) element.querySelector<HTMLElement>(focus)?.focus();
      const leave = enter(layer);
      return () => {
        leave();
        element.close();
      };
    },
    [layer, focus],
  );
  return (
    <dialog
      className={className}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.defaultPrevented) return;
        // A key pressed here is not meant for what lies below.
        if (event.key === "Escape") {
          event.preventDefault();
          event.stopPropagation();
          onClose();
        } else onKeyDown?.(event);
      }}
      onCancel={(event) => {
        event.preventDefault();
        event.stopPropagation();
        onClose();
      }}
      ref={open}
    >
      {children}
      <Notice layer={layer} />
    </dialog>
  );
}
