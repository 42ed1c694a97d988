"""Models as ONNX files: writing, joining, reading."""
