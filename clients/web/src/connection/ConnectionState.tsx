// Whether the page is in touch with the daemon; said aloud when that changes.
import { useStore } from "../useStore.ts";
import { useSession, type Connection } from "./session.ts";

const words = {
  connecting: "Connecting",
  open: "Connected",
  reconnecting: "Reconnecting",
  refused: "Signed out",
} as const satisfies Record<Connection["state"], string>;

export function ConnectionState() {
  const connection = useStore(useSession().connection, (it) => it);
  return (
    <p className="connection" data-state={connection.state} role="status" aria-label="Connection">
      {words[connection.state]}
    </p>
  );
}

/** What a person should know, and do, while the page is not connected. */
export function ConnectionBanner() {
  const connection = useStore(useSession().connection, (it) => it);
  return (
    <div className="banner-place" role="status" aria-label="Connection problem">
      {connection.state === "reconnecting" && (
        <p className="banner">
          The daemon does not answer. What you see is as it was; the page looks for it again by
          itself.
        </p>
      )}
      {connection.state === "refused" && connection.reason !== null && (
        <p className="banner">The daemon does not talk to this page: {connection.reason}.</p>
      )}
      {connection.state === "refused" && connection.reason === null && (
        <p className="banner">
          The daemon does not know this browser. Run <code>storycore studio</code> in the film’s
          folder: it opens a page that is let in.
        </p>
      )}
    </div>
  );
}
