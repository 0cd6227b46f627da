// Swaps the script beside the board for an editor, and back.
import { useEffect, useEffectEvent } from "react";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { Icon } from "../Icon.tsx";
import { isTyping } from "../take/useTakeKeys.ts";

interface Props {
  readonly writing: boolean;
  readonly onWriting: (writing: boolean) => void;
}

export function WriteToggle({ writing, onWriting }: Props) {
  const session = useSession();
  const may = session.language !== null && session.role() !== "viewer";
  const reason = useHindrance("script/write");
  // What is open can be closed, whatever hinders.
  const hindrance = writing ? null : reason;
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "w" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (hindrance !== null || !may) return;
    if (event.target instanceof Element && event.target.closest("dialog")) return;
    event.preventDefault();
    onWriting(!writing);
  });
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  // Who may only look has nothing to write, and who has an editor writes there.
  if (!may) return null;
  return (
    <ActionButton className="quiet toggle" reason={hindrance} pressed={writing} title="Write the script beside the board (w)" onAction={() => onWriting(!writing)}>
      <Icon name="write" /> Write
    </ActionButton>
  );
}
