// Asks the daemon what it knows, with the browser's own cookie.

export function call(page, method, params = {}) {
  return page.evaluate(
    async ({ method, params }) => {
      const project = new URLSearchParams(location.search).get("project");
      const answer = await fetch("/rpc", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: { project, ...params } }),
      });
      const { result, error } = await answer.json();
      if (error) throw new Error(`${method}: ${error.message}`);
      return result;
    },
    { method, params },
  );
}

/** The ids of a shot's takes, the oldest first. */
export async function takesOf(page, shot) {
  return (await call(page, "take/list", { shot })).map((it) => it.id);
}
