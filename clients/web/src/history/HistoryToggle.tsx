// Opens and closes the film's history.
import { useEffect, useEffectEvent } from "react";

import { Icon } from "../Icon.tsx";
import { isTyping } from "../take/useTakeKeys.ts";
import { useStore } from "../useStore.ts";
import { useTravel } from "./travel.ts";

export function HistoryToggle() {
  const travel = useTravel();
  const open = useStore(travel, (it) => it.open);
  const toggle = () => (open ? travel.close() : travel.open());
  const onKey = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== "h" || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (event.target instanceof Element && event.target.closest("dialog")) return;
    event.preventDefault();
    toggle();
  });
  useEffect(() => {
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
  return (
    <button type="button" className="quiet toggle" aria-expanded={open} aria-pressed={open} title="What the film was (h)" onClick={toggle}>
      <Icon name="history" /> History
    </button>
  );
}
