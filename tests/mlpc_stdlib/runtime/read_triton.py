"""Read configurations of Triton, given as paths, with its own message type, and print them as JSON, a line each."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from google.protobuf import json_format, text_format
from tritonclient.grpc import model_config_pb2

for path in sys.argv[1:]:
    config = text_format.Parse(Path(path).read_text(encoding="utf-8"), model_config_pb2.ModelConfig())
    print(json.dumps(json_format.MessageToDict(config, preserving_proto_field_name=True), sort_keys=True))
