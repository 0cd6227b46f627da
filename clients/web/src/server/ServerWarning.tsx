// Before work is asked for: whether there is a server that will do it.
import { useServers } from "./servers.ts";

export function ServerWarning() {
  const { value: servers } = useServers();
  if (servers === null || servers.some((it) => it.health !== "down" && !it.draining)) return null;
  return (
    <p className="server-warning" role="note">
      {warning(servers.length, servers.some((it) => it.health !== "down"))}
    </p>
  );
}

function warning(servers: number, drained: boolean): string {
  if (servers === 0) return "No ComfyUI server is set up: what ComfyUI is to draw will fail. Add one to daemon.toml first.";
  if (drained) return "Every server is down or drained: it will wait until one takes work again.";
  return "No server answers now: it will wait until one is there, and give up if none comes.";
}
