"""A bare client of ComfyUI, as its own examples have it: one socket for all jobs, a graph handed in,
its end awaited, its file fetched. For each line read, prints the seconds a job took beyond those
that the server's history says.
"""

import asyncio
import sys
import time
import uuid

import aiohttp

# Above those of our own client, so that the server knows none of these pictures.
FIRST_COLOR = 1_000_000


def graph(color: int) -> dict:
    size = {"width": 64, "height": 48, "batch_size": 1, "color": color}
    save = {"images": ["1", 0], "filename_prefix": "c"}
    return {
        "1": {"class_type": "EmptyImage", "inputs": size},
        "9": {"class_type": "SaveImage", "inputs": save},
    }


async def done(socket: aiohttp.ClientWebSocketResponse, prompt: str) -> None:
    async for message in socket:
        if message.type is not aiohttp.WSMsgType.TEXT:
            continue
        told = message.json()
        data = told.get("data", {})
        if data.get("prompt_id") == prompt and told["type"] == "executing" and data["node"] is None:
            return


async def job(
    session: aiohttp.ClientSession,
    socket: aiohttp.ClientWebSocketResponse,
    client: str,
    color: int,
) -> float:
    began = time.perf_counter()
    asked = {"prompt": graph(color), "client_id": client}
    async with session.post("/prompt", json=asked) as answer:
        prompt = (await answer.json())["prompt_id"]
    await done(socket, prompt)
    async with session.get(f"/history/{prompt}") as answer:
        entry = (await answer.json())[prompt]
    image = entry["outputs"]["9"]["images"][0]
    async with session.get("/view", params=image) as answer:
        await answer.read()
    took = time.perf_counter() - began
    at = {name: data["timestamp"] for name, data in entry["status"]["messages"]}
    own = (at["execution_success"] - at["execution_start"]) / 1_000
    return took - own


async def main() -> None:
    url = sys.argv[1]
    client = uuid.uuid4().hex
    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession(url) as session:
        async with session.ws_connect("/ws", params={"clientId": client}) as socket:
            color = FIRST_COLOR
            while await loop.run_in_executor(None, sys.stdin.readline):
                color += 1
                print(await job(session, socket, client, color), flush=True)


asyncio.run(main())
