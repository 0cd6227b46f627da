// The ComfyUI servers: which are there, what each is at, and why one is not.
import type { RenderServer } from "@storycore/client";

import { ActionButton } from "../ActionButton.tsx";
import { useSession } from "../connection/session.ts";
import { useHindrance } from "../connection/useHindrance.ts";
import { useFilm } from "../project/film.ts";
import { sentence } from "../run/describe.ts";
import { useStore } from "../useStore.ts";
import { healthWords, machineWords, serversWords, workWords } from "./describe.ts";
import { useServers } from "./servers.ts";

export function ServerList() {
  const { value: servers, problem, refresh } = useServers();
  const wanted = useStore(useFilm().now, ({ project }) => project.settings.renderer !== "sketch");
  if (servers === null || (servers.length === 0 && !wanted)) {
    return problem === null || !wanted ? null : <p className="servers-none">The servers cannot be listed: {problem.message}.</p>;
  }
  if (servers.length === 0) {
    return (
      <p className="servers-none" role="note">
        No ComfyUI server is set up, and this film is drawn by one. Add <code>[[comfyui]]</code> with a <code>name</code> and a{" "}
        <code>url</code> to <code>daemon.toml</code>, then start the daemon again.
      </p>
    );
  }
  const nobody = servers.every((it) => it.health === "down");
  return (
    <details className="servers" open={nobody || undefined}>
      <summary>
        <span className="server-dots" aria-hidden>
          {servers.map((it) => (
            <Dot key={it.name} server={it} />
          ))}
        </span>
        {serversWords(servers)}
      </summary>
      <ul aria-label="Servers">
        {servers.map((it) => (
          <OneServer key={it.name} server={it} onChanged={refresh} />
        ))}
      </ul>
    </details>
  );
}

function Dot({ server: { health, draining } }: { readonly server: RenderServer }) {
  return <i className="dot" data-health={health} data-draining={draining || undefined} aria-hidden />;
}

function OneServer({ server, onChanged }: { readonly server: RenderServer; readonly onChanged: () => void }) {
  const session = useSession();
  const reason = useHindrance("server/drain", { inPast: true });
  const { name, url, health, error, draining, doneMilli, node } = server;
  async function drain() {
    await session.attempt("server/drain", { name, on: !draining });
    onChanged();
  }
  return (
    <li className="server" data-server={name} data-health={health}>
      <p className="server-name" title={url}>
        <Dot server={server} />
        <b>{name}</b> <span className="server-health">{healthWords(server)}</span>
        <ActionButton
          className="quiet toggle"
          label={`Drain ${name}`}
          pressed={draining}
          title={draining ? "Let work begin there again" : "Let nothing more begin there; what is under way is finished"}
          reason={reason}
          onAction={() => void drain()}
        >
          {draining ? "Drained" : "Drain"}
        </ActionButton>
      </p>
      <p className="server-facts">{machineWords(server)}</p>
      {health === "up" && <p className="server-facts numbers">{workWords(server)}</p>}
      {doneMilli != null && health === "up" && (
        <progress className="line" aria-label={`${name}: ${node ?? "at work"}`} value={doneMilli} max={1000} />
      )}
      {health === "down" && (
        <p className="run-error">
          {sentence(error ?? "it does not answer")}.{" "}
          <span className="server-next">
            Start it, or correct its url <code>{url}</code> in <code>daemon.toml</code>. It is asked again by itself.
          </span>
        </p>
      )}
    </li>
  );
}
