// How much a language model has written so far: the sign that it is at work.
import { useCallback, useState } from "react";
import type { LlmAnswering } from "@storycore/client";

import { count } from "../format.ts";

export interface Written {
  /** `412 characters so far`; empty before there are any. */
  readonly words: string;
  readonly begin: () => void;
  readonly hear: (piece: LlmAnswering) => void;
}

export function useWritten(): Written {
  const [characters, setCharacters] = useState(0);
  const begin = useCallback(() => setCharacters(0), []);
  const hear = useCallback(({ text, anew }: LlmAnswering) => setCharacters((it) => (anew ? 0 : it) + text.length), []);
  return { words: characters === 0 ? "" : `${count(characters, "character")} so far`, begin, hear };
}
