"""What is promoted: for a pipeline and an environment, what its services serve and what took effect outside.

A promotion is one row, written in one transaction at the end of a run that went well as a whole. It holds all that
is needed to serve: the digests of the inputs, arguments, requirements, runtime, figures. A run that ends
otherwise writes none, so what was promoted before stays. The same content again is the same promotion,
confirmed.
"""

from __future__ import annotations

import json
import time

from mlpc.codes import NO_EARLIER_PROMOTION, NOTHING_PROMOTED

from . import digests, keys
from .errors import FINDINGS, EngineError
from .failpoints import reach

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .store import Store


class Promotion:
    """One promotion. ``at`` and ``confirmed`` are seconds since 1970; ``bundle`` is ``{"services": {id: …}, "effects":
    {id: …}, "figures": {node: {…}}, "params": {…}}``. ``before`` is the number of the one that it took over from.
    """

    __slots__ = ("at", "before", "bundle", "confirmed", "environment", "id", "pipeline", "run")

    def __init__(
        self,
        id: int,
        pipeline: str,
        environment: str,
        run: int,
        at: float,
        confirmed: float,
        before: int | None,
        bundle: dict[str, Any],
    ) -> None:
        self.id = id
        self.pipeline = pipeline
        self.environment = environment
        self.run = run
        self.at = at
        self.confirmed = confirmed
        self.before = before
        self.bundle = bundle


_COLUMNS = "p.id, p.pipeline, p.environment, p.run, p.at, p.confirmed, p.before, p.bundle"


def promote(
    store: Store, pipeline: str, environment: str, run: int, bundle: dict[str, Any], *, partial: bool = False
) -> tuple[int, bool]:
    """Record a promotion and make it the one in service; return its number, and whether it is a new one.

    With ``partial`` the run was of some nodes only: what ``bundle`` does not have is taken over from the one before.
    """
    now = time.time()

    def work(db: Any) -> tuple[int, bool]:
        before = db.execute(
            "SELECT p.id, p.digest, p.bundle FROM current c JOIN promotions p ON p.id = c.promotion"
            " WHERE c.pipeline=? AND c.environment=?",
            (pipeline, environment),
        ).fetchone()
        whole = dict(bundle)
        if before is not None and partial:
            old = json.loads(before[2])
            for name in ("services", "effects", "figures"):
                whole[name] = {**old.get(name, {}), **bundle.get(name, {})}
        digest = digests.of_text(keys.canonical(_counts(whole)))
        if before is not None and before[1] == digest:
            db.execute("UPDATE promotions SET confirmed=? WHERE id=?", (now, before[0]))
            return int(before[0]), False
        made = db.execute(
            "INSERT INTO promotions(pipeline, environment, run, at, digest, bundle, confirmed, before)"
            " VALUES(?,?,?,?,?,?,?,?)",
            (
                pipeline,
                environment,
                run,
                now,
                digest,
                json.dumps(whole, sort_keys=True),
                now,
                before[0] if before is not None else None,
            ),
        ).lastrowid
        db.execute(
            "INSERT OR REPLACE INTO current(pipeline, environment, promotion) VALUES(?,?,?)",
            (pipeline, environment, made),
        )
        return int(made), True

    reach("promoting")
    made = store.change(work)
    reach("promoted")
    return made


def _counts(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return what tells one promotion from another: labels say where in the spec a service stands, not what is served."""
    services = {
        id: {name: value for name, value in each.items() if name != "labels"}
        for id, each in bundle.get("services", {}).items()
    }
    return {**bundle, "services": services}


def current(store: Store, pipeline: str, environment: str) -> Promotion | None:
    """Return what is promoted, or None."""
    rows = store.rows(
        f"SELECT {_COLUMNS} FROM current c JOIN promotions p ON p.id = c.promotion"
        " WHERE c.pipeline=? AND c.environment=?",
        pipeline,
        environment,
    )
    return _promotion(rows[0]) if rows else None


def every(store: Store, pipeline: str, environment: str) -> list[Promotion]:
    """Return all promotions, the newest first."""
    rows = store.rows(
        f"SELECT {_COLUMNS} FROM promotions p WHERE p.pipeline=? AND p.environment=? ORDER BY p.id DESC",
        pipeline,
        environment,
    )
    return [_promotion(row) for row in rows]


def _promotion(row: tuple[Any, ...]) -> Promotion:
    id, pipeline, environment, run, at, confirmed, before, bundle = row
    return Promotion(id, pipeline, environment, run, at, confirmed, before, json.loads(bundle))


def previous(store: Store, pipeline: str, environment: str) -> Promotion:
    """Go back to the promotion before the one in service, and return it.

    Raises:
        EngineError: nothing is promoted, or nothing was before.
    """
    now = current(store, pipeline, environment)
    if now is None:
        raise nothing(pipeline, environment)
    earlier = next((each for each in every(store, pipeline, environment) if each.id == now.before), None)
    if earlier is None:
        raise EngineError(
            NO_EARLIER_PROMOTION,
            f"promotion {now.id} is the first of `{pipeline}`: there is none to go back to"
            if now.before is None
            else f"promotion {now.before} of `{pipeline}`, the one before {now.id}, is no longer kept: "
            "there is none to go back to",
            *([] if now.before is None else ["`mlpc gc --keep N` keeps more of them"]),
            exit_code=FINDINGS,
        )
    store.write(
        [
            (
                "UPDATE current SET promotion=? WHERE pipeline=? AND environment=?",
                (earlier.id, pipeline, environment),
            )
        ]
    )
    return earlier


def nothing(pipeline: str, environment: str) -> EngineError:
    """Return the error for a pipeline of which nothing is promoted."""
    where = f" in the environment `{environment}`" if environment else ""
    return EngineError(
        NOTHING_PROMOTED,
        f"nothing of `{pipeline}` is promoted{where} yet",
        "`mlpc run` trains, judges and promotes",
        exit_code=FINDINGS,
    )
