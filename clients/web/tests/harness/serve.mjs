// Serves the built page as the daemon would, with a film to look at: `node tests/harness/serve.mjs`.
// Nothing of it is in the build. Options come by address: /?project=…&scenes=200 and so on.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createServer as createVite } from "vite";
import { WebSocketServer } from "ws";

const root = fileURLToPath(new URL("../..", import.meta.url));
const script = readFileSync(join(root, "../../tests/films/high-water/script/high-water.fountain"), "utf8");
const port = Number(process.env.PORT ?? 4180);
const policy = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; connect-src 'self'";

const vite = await createVite({ root, server: { middlewareMode: true }, appType: "custom", logLevel: "error" });
const { createDaemon } = await vite.ssrLoadModule("/tests/harness/daemon.ts");
const { drawing } = await vite.ssrLoadModule("/tests/harness/drawing.ts");
const daemon = createDaemon(script, { scenes: Number(process.env.SCENES ?? 0), mood: process.env.MOOD ?? "" });

const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".woff": "font/woff" };

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (process.env.MOOD === "refused") return void response.writeHead(pathname === "/" && request.method === "HEAD" ? 401 : 200).end();
  const asset = /^\/assets\/[^/]+\/([^/]+)$/.exec(pathname)?.[1];
  if (asset) {
    response.writeHead(200, { "content-type": "image/svg+xml", "cache-control": "immutable, max-age=9999" });
    return void response.end(drawing(daemon.state(), asset));
  }
  try {
    const file = join(root, "dist", pathname === "/" ? "index.html" : pathname);
    const body = readFileSync(file);
    response.writeHead(200, { "content-type": types[extname(file)] ?? "text/plain", "content-security-policy": policy });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
});

const sockets = new WebSocketServer({ server, path: "/ws", handleProtocols: () => "storycore.v1" });
sockets.on("connection", (socket) => {
  const leave = daemon.join((message) => socket.send(JSON.stringify(message)));
  socket.on("message", (data) => daemon.receive(JSON.parse(String(data)), (message) => socket.send(JSON.stringify(message))));
  socket.on("close", leave);
});
server.listen(port, "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/?project=${daemon.project}`));
