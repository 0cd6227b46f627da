"""An echo over HTTP and WebSocket, as a FastAPI application would be served: uvloop, httptools,
one worker, no access log. Prints its port when it listens."""

import socket

import uvicorn
from fastapi import FastAPI, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse

app = FastAPI()


@app.post("/rpc")
async def rpc(request: Request) -> JSONResponse:
    call = await request.json()
    return JSONResponse({"jsonrpc": "2.0", "id": call["id"], "result": call["params"]})


@app.websocket("/rpc")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(listener.getsockname()[1], flush=True)
    config = uvicorn.Config(
        app, loop="uvloop", http="httptools", ws="websockets", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run(sockets=[listener])


main()
