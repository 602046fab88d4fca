"""The runtime that MLServer's documentation describes for a model of one's own: decode, run, encode."""

from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse

from onnx_sessions import open_session


class OnnxModel(MLModel):
    async def load(self) -> bool:
        self.session = open_session(self.name)
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        outputs = self.session(NumpyCodec.decode_input(payload.inputs[0]))
        return InferenceResponse(
            model_name=self.name, outputs=[NumpyCodec.encode_output(name="output", payload=outputs)]
        )
