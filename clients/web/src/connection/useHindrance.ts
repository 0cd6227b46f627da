// Why a method cannot be called now: a button shows it instead of failing.
import { use } from "react";
import { methodInfo, type Methods, type Role } from "@storycore/client";

import { FilmContext } from "../project/film.ts";
import { useStore } from "../useStore.ts";
import { useSession } from "./session.ts";

const rank = { viewer: 0, editor: 1, producer: 2, admin: 3 } as const satisfies Record<Role, number>;

interface Options {
  /** Whether it makes sense while an earlier moment is shown. */
  readonly inPast: boolean;
}

/** In words for a person; `null` when nothing hinders. The daemon has the last word either way. */
export function useHindrance(method: keyof Methods, { inPast }: Options = { inPast: false }): string | null {
  const session = useSession();
  const connected = useStore(session.connection, (it) => it.state === "open");
  const past = use(FilmContext)?.past ?? false;
  if (!connected) return "The page is not connected to the daemon.";
  // What changes a film needs more than a viewer.
  if (past && !inPast && methodInfo[method].role !== "viewer") return "This is an earlier moment. Go back to now first.";
  const role = session.role();
  const needed = methodInfo[method].role;
  if (role === null || rank[role] >= rank[needed]) return null;
  return `It needs the role ${needed}; this page has the role ${role}.`;
}
