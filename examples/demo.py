"""The whole chain on examples/tumor: check, run, run again, serve, ask, stop. `make demo` runs it.

Every command is shown as one would type it, and what comes out is compared with what should: the demo exits 1 where
mlpc does not do what is said here. Python's standard library is all that it needs.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MLPC = Path(sys.executable).with_name("mlpc")
SPEC = Path("examples/tumor/main.mlp")
DATA = ROOT / "examples/tumor/data/cells.csv"
#: Seconds that the server may take until it is ready: an environment may have to be made first.
PATIENCE = 180


class Unexpected(Exception):
    """mlpc did something else than what the demo promises."""


def expect(held: bool, what: str) -> None:
    """Stop the demo where `held` is false."""
    if not held:
        raise Unexpected(what)


def title(text: str) -> None:
    """Print what comes next."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{text}{plain}")


def mlpc(*arguments: str, says: str = "") -> None:
    """Run a command of mlpc; it has to end with exit status 0 and, where `says` is given, to print that."""
    print(f"$ mlpc {' '.join(arguments)}")
    # Without a pipe in between, a person at a terminal sees colours and progress.
    process = subprocess.run(
        [MLPC, *arguments], cwd=ROOT, check=False, text=True, stdout=subprocess.PIPE if says else None
    )
    if says:
        print(process.stdout, end="")
        expect(says in process.stdout, f"`mlpc {' '.join(arguments)}` did not say: {says}")
    expect(
        process.returncode == 0, f"`mlpc {' '.join(arguments)}` ended with exit status {process.returncode}"
    )


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(port: int) -> Iterator[str]:
    """`mlpc up` in the background until the block is left; gives its address."""
    arguments = ["up", str(SPEC), "--port", str(port)]
    print(f"$ mlpc {' '.join(arguments)} &")
    # A session of its own, so that Ctrl-C reaches the demo first and the demo ends the server.
    process = subprocess.Popen([MLPC, *arguments], cwd=ROOT, start_new_session=True)
    url = f"http://127.0.0.1:{port}"
    try:
        start = time.monotonic()
        while not answers(f"{url}/ready"):
            expect(process.poll() is None, f"`mlpc up` ended with exit status {process.returncode}")
            expect(time.monotonic() - start < PATIENCE, f"the server was not ready within {PATIENCE} s")
            time.sleep(0.1)
        yield url
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                raise Unexpected("the server did not stop within 20 s of Ctrl-C") from None


def answers(url: str) -> bool:
    """Whether a GET of `url` is answered with 200."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def ask(url: str, body: object) -> tuple[int, Any]:
    """POST `body` as JSON (bytes as they are); the status and the JSON that came back."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def measurements() -> list[tuple[dict[str, float], bool]]:
    """All rows of the example's data: the 30 measurements, and whether the tumour was malignant."""
    with DATA.open(newline="", encoding="utf-8") as file:
        return [
            (
                {name: float(value) for name, value in row.items() if name != "malignant"},
                row["malignant"] == "true",
            )
            for row in csv.DictReader(file)
        ]


def good_requests(url: str) -> None:
    """One row, then all rows in one request, compared with the diagnoses."""
    rows = measurements()
    row, malignant = rows[0]
    print("\nPOST /predict, one row of data/cells.csv:")
    status, answer = ask(f"{url}/predict", row)
    print(f"  {status} {json.dumps(answer)}    (diagnosis: malignant = {str(malignant).lower()})")
    expect(status == 200, "a row of the data is refused")
    expect(answer["label"] == malignant, "the first row of the data is judged wrongly")

    print(f"\nPOST /predict, all {len(rows)} rows at once:")
    status, answer = ask(f"{url}/predict", {"rows": [row for row, _ in rows]})
    expect(status == 200, "the rows of the data are refused")
    pairs = zip(answer["predictions"], rows, strict=True)
    right = sum(prediction["label"] == malignant for prediction, (_, malignant) in pairs)
    print(
        f"  {status}, {right} of {len(rows)} agree with the diagnosis (four in five of them were trained on)"
    )
    expect(right / len(rows) > 0.9, "less than 90% of the answers are right")


def bad_requests(url: str) -> None:
    """Requests that do not fit the schema: each is refused, and told why."""
    row, _ = measurements()[0]
    without = {name: value for name, value in row.items() if name != "texture_mean"}
    for what, body in (
        ("a measurement is missing", without),
        ("a negative radius", {**row, "radius_mean": -17.99}),
        ("text for a number", {**row, "radius_mean": "large"}),
        ("a name that nobody knows", {**row, "radius_maen": 17.99}),
        ("no JSON", b"radius_mean=17.99"),
    ):
        status, answer = ask(f"{url}/predict", body)
        mistake = answer["detail"][0]
        print(f"  {status} {what}: {'.'.join(map(str, mistake['loc']))}: {mistake['msg']}")
        expect(status == 422, f"{what}: answered with {status}, not refused")


def counters(url: str) -> None:
    """Some of what the server counts."""
    shown = ("mlpc_requests_total", "mlpc_rows_total", "mlpc_predictions_total", "mlpc_rejected_rows_total")
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(shown) and ("path=" not in line or 'path="/predict"' in line):
                print(f"  {line}")


def page(url: str) -> None:
    """The page in which a browser runs the model: what it loads, and that it is what was built."""
    start = time.monotonic()
    while not answers(f"{url}/ready"):
        expect(time.monotonic() - start < PATIENCE, f"the page was not ready within {PATIENCE} s")
        time.sleep(0.1)
    with urllib.request.urlopen(url, timeout=10) as answer:
        text = answer.read().decode()
    expect("<h1>Tumor</h1>" in text, "the page has another heading")
    told = json.loads(text.partition('type="application/json" id="page">')[2].partition("</script>")[0])
    print(f"\nThe page at {url} asks for {len(told['fields'])} measurements, and a browser loads once:")
    for name, file in sorted(told["files"].items()):
        with urllib.request.urlopen(f"{url}/{file['url']}", timeout=10) as answer:
            content = answer.read()
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        expect(file["integrity"] == f"sha256-{digest}", f"{file['url']} is not what was built")
        print(f"  {name}: {len(content):,} bytes, as its hash says")


def main() -> int:
    """Run the demo; the exit status."""
    # What the demo says and what mlpc says come out in the order in which they were said.
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    try:
        title("Check: every mistake of the file, before anything runs")
        mlpc("check", str(SPEC))
        title("Run: read, split, train, judge, register, export")
        mlpc("run", str(SPEC))
        title("Run again: nothing has changed, so no step is executed")
        mlpc("run", str(SPEC), says="no step was executed")
        title("Serve what was promoted")
        with server(free_port()) as url:
            good_requests(url)
            print("\nPOST /predict, requests that do not fit the schema:")
            bad_requests(url)
            print("\nGET /metrics:")
            counters(url)
            host, _, port = url.rpartition(":")
            page(f"{host}:{int(port) + 1}")
            print(f"\nThe API is described at {url}/docs while the server runs.")
        title("What is promoted, and where it lies")
        mlpc("status", str(SPEC))
        print(f"\nServe it again: .venv/bin/mlpc up {SPEC} --port 8000")
    except Unexpected as error:
        print(f"\ndemo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
