// What people say about a take.
import { useState, type FormEvent } from "react";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { timeOf } from "../format.ts";
import { useFilm } from "../project/film.ts";
import type { NumberedTake } from "./takes.ts";

/** The daemon takes no more; see `take/comment`. */
const commentCharactersMax = 4000;

export function TakeComments({ take }: { readonly take: NumberedTake }) {
  const session = useSession();
  const project = useFilm().id;
  const [text, setText] = useState("");
  const reason = useHindrance("take/comment");
  const noTaking = useHindrance("take/uncomment");
  async function comment(event: FormEvent) {
    event.preventDefault();
    if (reason !== null || text.trim() === "") return;
    const said = await session.attempt("take/comment", { project, id: take.id, text: text.trim() });
    // What could not be said stays in the field.
    if (said !== null) setText("");
  }
  return (
    <section className="comments" aria-label={`Comments on take ${take.number}`}>
      {take.comments.length > 0 && (
        <ul>
          {take.comments.map((it) => (
            <li key={it.id} className="comment">
              <p className="comment-by">
                {it.by} <span>{timeOf(it.atMs)}</span>
                <ActionButton
                  className="comment-undo"
                  reason={noTaking}
                  label={`Take back “${it.text.slice(0, 40)}”`}
                  onAction={() => void session.attempt("take/uncomment", { project, id: take.id, comment: it.id })}
                >
                  Take back
                </ActionButton>
              </p>
              <p dir="auto" className="comment-text">
                {it.text}
              </p>
            </li>
          ))}
        </ul>
      )}
      <form onSubmit={(event) => void comment(event)}>
        <input
          className="field"
          type="text"
          aria-label={`Comment on take ${take.number}`}
          placeholder={`Comment on take ${take.number}`}
          maxLength={commentCharactersMax}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            event.stopPropagation();
            event.currentTarget.closest("dialog")?.querySelector<HTMLElement>(".large-close")?.focus();
          }}
        />
        <ActionButton
          className="button"
          reason={reason ?? (text.trim() === "" ? "Write something first." : null)}
          submit
          onAction={() => {}}
        >
          Comment
        </ActionButton>
      </form>
    </section>
  );
}
