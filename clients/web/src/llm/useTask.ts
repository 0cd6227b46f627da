// Something that a language model is asked: its answer, or what went wrong. Who leaves the place
// where it is asked wants the model to stop, too.
import { useEffect, useRef, useState } from "react";
import type { Methods } from "@storycore/client";

import { problemOf, useSession, type Problem } from "../connection/session.ts";
import { useFilm } from "../project/film.ts";
import { useWritten } from "./written.ts";

type TaskMethod = "scene/breakdown" | "scene/continuity";

/** What is asked, of the film that is shown. */
type Asked<M extends TaskMethod> = Omit<Methods[M]["params"], "project">;

interface Task<M extends TaskMethod> {
  readonly answer: Methods[M]["result"] | null;
  readonly problem: Problem | null;
  readonly waiting: boolean;
  /** How much is written so far. */
  readonly words: string;
  readonly ask: (asked: Asked<M>) => Promise<Methods[M]["result"] | null>;
}

export function useTask<M extends TaskMethod>(method: M): Task<M> {
  const session = useSession();
  const project = useFilm().id;
  const [answer, setAnswer] = useState<Methods[M]["result"] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [waiting, setWaiting] = useState(false);
  const { words, begin, hear } = useWritten();
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  async function ask(asked: Asked<M>) {
    setWaiting(true);
    setProblem(null);
    begin();
    try {
      const params = { project, ...asked } as Methods[M]["params"];
      const answered = await session.call(method, params, { signal: stop.current.signal, onAnswering: hear });
      setAnswer(answered);
      return answered;
    } catch (error) {
      setProblem(problemOf(error));
      return null;
    } finally {
      setWaiting(false);
    }
  }
  return { answer, problem, waiting, words, ask };
}
