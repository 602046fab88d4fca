"""As FastAPI's documentation has it: bodies and answers are Pydantic models. The image comes as bytes, in a thread."""

import numpy as np
from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool

from onnx_sessions import SHAPES, open_session, rows_of


class Rows(BaseModel):
    inputs: list[list[float]]


class Outputs(BaseModel):
    outputs: list[list[float]]


app = FastAPI()
sessions = {name: open_session(name) for name in SHAPES}


@app.get("/ready")
async def ready():
    return Response()


@app.post("/image")
async def image(request: Request) -> Outputs:
    rows = rows_of(await request.body(), "image")
    return Outputs(outputs=(await run_in_threadpool(sessions["image"], rows)).tolist())


@app.post("/{name}")
async def predict(name: str, rows: Rows) -> Outputs:
    return Outputs(outputs=sessions[name](np.asarray(rows.inputs, np.float32)).tolist())
