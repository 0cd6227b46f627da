// What can be done about a diagnostic: each button makes the call that the daemon has prepared.
import { methodInfo, type DiagnosticAction, type Methods } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";

export function DiagnosticActions({ actions }: { readonly actions: readonly DiagnosticAction[] }) {
  if (actions.length === 0) return null;
  return (
    <span className="diagnostic-actions">
      {actions.map((it) => isMethod(it.method) && <OneAction key={it.title} title={it.title} method={it.method} params={it.params} />)}
    </span>
  );
}

interface Props {
  readonly title: string;
  readonly method: keyof Methods;
  readonly params: unknown;
}

function OneAction({ title, method, params }: Props) {
  const session = useSession();
  return (
    <ActionButton
      className="quiet outlined"
      reason={useHindrance(method)}
      // The daemon made the params for this method, and looks at them again.
      onAction={() => void session.attempt(method, params as Methods[typeof method]["params"])}
    >
      {title}
    </ActionButton>
  );
}

// A daemon may offer more than this page knows.
function isMethod(name: string): name is keyof Methods {
  return name in methodInfo;
}
