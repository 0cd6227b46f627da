// The language models that the daemon can ask: asked for when the page connects, and again when
// somebody looks at them, as the daemon asks each of them whether it is there.
import { createContext, use } from "react";
import type { LlmProvider } from "@storycore/client";

import type { Session } from "../connection/session.ts";
import { createLook, type Answer } from "../look.ts";
import type { Store } from "../store.ts";
import { useStore } from "../useStore.ts";

export interface Models extends Store<Answer<readonly LlmProvider[]>> {
  /** Has the daemon ask them all once more. */
  readonly refresh: () => void;
}

export function lookAtModels({ call, connection }: Session): Models {
  let refresh = () => {};
  const look = createLook(
    () => call("llm/list", {}),
    (again) => {
      refresh = again;
      let connected = connection.get().state === "open";
      return connection.subscribe(() => {
        const open = connection.get().state === "open";
        if (open && !connected) again();
        connected = open;
      });
    },
  );
  return { ...look, refresh: () => refresh() };
}

export const ModelsContext = createContext<Models | null>(null);

export function useModels(): Models {
  const models = use(ModelsContext);
  if (models === null) throw new Error("no models around this component");
  return models;
}

/** Whether there is a language model to ask, as far as the page knows. */
export function useHasModel(): boolean {
  return useStore(useModels(), ({ value }) => value?.some(isReady) ?? false);
}

export function isReady({ reachable, hasModel }: LlmProvider): boolean {
  return reachable && hasModel !== false;
}
