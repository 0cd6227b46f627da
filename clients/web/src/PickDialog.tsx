// Picks one of many by typing: arrows lead through what fits, Enter takes it.
import { useMemo, useState, type KeyboardEvent } from "react";
import type { BlobId } from "@storycore/client";

import { fold } from "./board/filter.ts";
import { Dialog } from "./Dialog.tsx";
import { useFilm, useScriptLanguage } from "./project/film.ts";
import { Panel } from "./shot/Panel.tsx";

export interface PickOption {
  readonly id: string;
  /** Its number in the film. */
  readonly label: string;
  readonly head: string;
  readonly words: string;
  readonly about: string;
  /** Its picture; absent where it has none by nature. */
  readonly asset?: BlobId | null;
}

interface Props {
  readonly title: string;
  /** What picking does. */
  readonly note: string;
  readonly options: () => PickOption[];
  readonly onPick: (id: string) => void;
  readonly onClose: () => void;
}

/** More than these need a longer word. */
const shownMax = 60;

export function PickDialog({ title, note, options, onPick, onClose }: Props) {
  const [query, setQuery] = useState("");
  // What there is when the dialog opens: it must not move while somebody points at it.
  const [all] = useState(options);
  const searchable = useMemo(() => all.map((it) => ({ it, text: fold(`${it.label} ${it.head} ${it.words} ${it.about}`) })), [all]);
  const words = fold(query).split(/\s+/).filter(Boolean);
  const fitting = searchable.filter(({ text }) => words.every((word) => text.includes(word))).map(({ it }) => it);
  return (
    <Dialog className="pick" label={title} onClose={onClose} focus="input" onKeyDown={step}>
      <h2>{title}</h2>
      <p className="pick-note">{note}</p>
      <input
        className="search"
        type="search"
        aria-label="Search"
        placeholder="Number, heading or words"
        value={query}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={(event) => {
          const first = fitting[0];
          if (event.key === "Enter" && first) onPick(first.id);
        }}
      />
      <ul className="pick-list" aria-label="What fits">
        {fitting.slice(0, shownMax).map((it) => (
          <Option key={it.id} option={it} onPick={onPick} />
        ))}
      </ul>
      <div className="pick-end">
        <span role="status">
          {fitting.length === 0 && "Nothing fits."}
          {fitting.length > shownMax && `${fitting.length - shownMax} more: type a word of it.`}
        </span>
        <button type="button" className="quiet" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

function Option({ option, onPick }: { readonly option: PickOption; readonly onPick: (id: string) => void }) {
  const film = useFilm();
  const { id, label, head, words, about, asset } = option;
  return (
    <li>
      <button type="button" className="pick-option" data-pick={id} onClick={() => onPick(id)}>
        {asset !== undefined && <Panel project={film.id} asset={asset} alt="" />}
        <span className="pick-words" lang={useScriptLanguage()}>
          <span className="pick-head">
            <b>{label}</b> {head} {about !== "" && <span dir="auto">{about}</span>}
          </span>
          <span className="pick-text" dir="auto">
            {words}
          </span>
        </span>
      </button>
    </li>
  );
}

function step(event: KeyboardEvent) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (by === undefined) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>("input, .pick-option")];
  const at = stops.findIndex((it) => it === document.activeElement);
  stops[Math.min(Math.max(at + by, 0), stops.length - 1)]?.focus();
  event.preventDefault();
}
