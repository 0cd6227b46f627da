// Serves the built page as the daemon would, with a film to look at: `node tests/harness/serve.mjs`.
// Nothing of it is in the build. PORT, SCENES (at least so many) and MOOD come by environment; moods
// are problems, work, empty, none, refused and tongues.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer as createVite } from "vite";
import { WebSocketServer } from "ws";

const { PORT = "4180", SCENES = "0", MOOD = "" } = process.env;
const root = fileURLToPath(new URL("../..", import.meta.url));
const script = readFileSync(join(root, "../../tests/films/high-water/script/high-water.fountain"), "utf8");

const vite = await createVite({ root, server: { middlewareMode: true, hmr: false, ws: false }, appType: "custom", logLevel: "error" });
const { createDaemon } = await vite.ssrLoadModule("/tests/harness/daemon.ts");
const { drawing, unfinished } = await vite.ssrLoadModule("/tests/harness/drawing.ts");
const daemon = createDaemon(script, { scenes: Number(SCENES), mood: MOOD });

// Word for word what the daemon sends, so that what it would forbid is forbidden here.
const policy =
  "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2" };

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname === "/rpc") return void response.writeHead(MOOD === "refused" ? 401 : 426).end();
  const asset = /^\/assets\/[^/]+\/([^/]+)$/.exec(pathname)?.[1];
  if (asset) {
    response.writeHead(200, { "content-type": "image/svg+xml", "cache-control": "private, max-age=31536000, immutable" });
    return void response.end(drawing(daemon.state(), asset));
  }
  const preview = /^\/previews\/[^/]+\/([^/]+\/[^/]+\/[^/]+)$/.exec(pathname)?.[1];
  if (preview) {
    response.writeHead(200, { "content-type": "image/svg+xml", "cache-control": "no-store" });
    return void response.end(unfinished(daemon.state(), daemon.preview(preview)));
  }
  try {
    const file = join(root, "dist", extname(pathname) ? pathname : "index.html");
    const body = readFileSync(file);
    response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain", "content-security-policy": policy });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});

const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => "storycore.v1" });
server.on("upgrade", (request, socket, head) => {
  if (MOOD === "refused" || new URL(request.url, "http://localhost").pathname !== "/rpc") {
    return void socket.end("HTTP/1.1 401 Unauthorized\r\nconnection: close\r\n\r\n");
  }
  sockets.handleUpgrade(request, socket, head, (it) => sockets.emit("connection", it));
});
sockets.on("connection", (socket) => {
  const send = (message) => socket.send(JSON.stringify(message));
  const leave = daemon.join(send);
  socket.on("message", (data) => daemon.receive(JSON.parse(String(data)), send));
  socket.on("close", leave);
});
server.listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/?project=${daemon.project}`));
