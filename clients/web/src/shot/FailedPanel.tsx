// In the place of a picture that could not be loaded, most often because the daemon was away.
import { useEffect } from "react";

import { useSession } from "../connection/session.ts";

interface Props {
  readonly alt: string;
  readonly onRetry: () => void;
}

export function FailedPanel({ alt, onRetry }: Props) {
  const { connection } = useSession();
  // A browser does not load a failed picture again by itself; the next connection is the moment.
  useEffect(
    () =>
      connection.subscribe(() => {
        if (connection.get().state === "open") onRetry();
      }),
    [connection, onRetry],
  );
  return (
    <span className="panel-empty" role="img" aria-label={`${alt}. The picture cannot be loaded.`}>
      Cannot be loaded
    </span>
  );
}
