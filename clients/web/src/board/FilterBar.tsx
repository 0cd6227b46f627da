// Chips and a search field: which shots the board shows.
import type { RefObject } from "react";

import type { Filter } from "./filter.ts";
import { filters } from "./filter.ts";
import type { Tally } from "./tally.ts";

interface Props {
  readonly filter: Filter;
  readonly query: string;
  readonly tally: Tally;
  /** Shots that fit; `null` when nothing is filtered. */
  readonly found: number | null;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly onFilter: (filter: Filter) => void;
  readonly onQuery: (query: string) => void;
}

const names = { all: "All", stale: "Stale", missing: "Missing" } as const satisfies Record<Filter, string>;

export function FilterBar({ filter, query, tally, found, search, onFilter, onQuery }: Props) {
  const counts = { all: tally.shots, stale: tally.stale, missing: tally.missing };
  return (
    <div className="filters" role="search">
      <div className="chips" role="group" aria-label="Show">
        {filters.map((it) => (
          <button
            key={it}
            type="button"
            className={`chip chip-${it}`}
            aria-pressed={it === filter}
            onClick={() => onFilter(it)}
          >
            {names[it]} <span className="numbers">{counts[it].toLocaleString("en")}</span>
          </button>
        ))}
      </div>
      <input
        ref={search}
        className="search"
        type="search"
        aria-label="Search words, characters and places"
        placeholder="Search"
        value={query}
        onChange={(event) => onQuery(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          onQuery("");
          event.currentTarget.blur();
        }}
      />
      <span className="found" role="status">
        {found !== null && (found === 1 ? "1 shot fits" : `${found.toLocaleString("en")} shots fit`)}
      </span>
    </div>
  );
}
