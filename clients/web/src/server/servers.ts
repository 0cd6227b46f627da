// The servers that draw, asked for again and again while somebody looks at them.
import { useMemo } from "react";
import type { RenderServer } from "@storycore/client";

import { useSession } from "../connection/session.ts";
import { createLook, type Answer } from "../look.ts";
import { useStore } from "../useStore.ts";

/** Between two questions: what a server is at is in no event. */
export const everyMs = 2000;

export interface Servers extends Answer<readonly RenderServer[]> {
  /** Shows what a server answered to a request of ours, before all are asked again. */
  readonly refresh: () => void;
}

export function useServers(): Servers {
  const session = useSession();
  const { look, refresh } = useMemo(() => {
    let ask = () => {};
    const look = createLook(
      () => session.call("server/list", {}),
      (again) => {
        ask = again;
        const timer = setInterval(again, everyMs);
        return () => clearInterval(timer);
      },
    );
    return { look, refresh: () => ask() };
  }, [session]);
  return { ...useStore(look, (it) => it), refresh };
}
