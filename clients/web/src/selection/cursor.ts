// Brings the shot that is being written into sight, and marks it. The focus stays in the editor.
import type { Session } from "../connection/session.ts";
import type { Store } from "../store.ts";

const mark = "data-written";

export function followCursor(written: Store<string | null>, session: Session): void {
  function follow(smooth: boolean) {
    const id = written.get();
    const card = id === null ? null : document.querySelector(`.board [data-shot="${CSS.escape(id)}"]`);
    const marked = document.querySelector(`[${mark}]`);
    if (marked === card) return;
    marked?.removeAttribute(mark);
    card?.setAttribute(mark, "");
    card?.scrollIntoView({ block: "center", behavior: smooth ? "smooth" : "instant" });
  }
  written.subscribe(() => follow(true));
  // The board may come after the cursor, and cards may be made anew.
  const later = () => requestAnimationFrame(() => follow(false));
  session.film.subscribe(later);
  session.draft.subscribe(later);
}
