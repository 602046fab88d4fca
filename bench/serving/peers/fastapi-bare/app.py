"""FastAPI without what it is for: nothing is validated or described, and no Pydantic model is made."""

import orjson
import numpy as np
from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from onnx_sessions import SHAPES, open_session, rows_of

app = FastAPI(openapi_url=None)
sessions = {name: open_session(name) for name in SHAPES}


def answer(outputs):
    body = orjson.dumps({"outputs": outputs}, option=orjson.OPT_SERIALIZE_NUMPY)
    return Response(body, media_type="application/json")


@app.get("/ready")
async def ready():
    return Response()


@app.post("/image")
async def image(request: Request):
    body = await request.body()
    return answer(await run_in_threadpool(sessions["image"], rows_of(body, "image")))


@app.post("/{name}")
async def predict(name: str, request: Request):
    inputs = orjson.loads(await request.body())["inputs"]
    return answer(sessions[name](np.asarray(inputs, np.float32)))
