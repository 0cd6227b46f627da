// Where the page begins: what the address asks for, over the daemon's WebSocket.
import { createRoot } from "react-dom/client";

import "./styles/index.css";
import { App } from "./App.tsx";
import { Broken } from "./Broken.tsx";
import { createSession } from "./connection/session.ts";
import { connectToDaemon } from "./connection/socket.ts";

const page = document.getElementById("page");
if (page) {
  const session = createSession(connectToDaemon(window.location), {
    client: `page-${Math.random().toString(36).slice(2, 6)}`,
    project: new URLSearchParams(window.location.search).get("project"),
  });
  createRoot(page).render(
    <Broken>
      <App session={session} />
    </Broken>,
  );
}
