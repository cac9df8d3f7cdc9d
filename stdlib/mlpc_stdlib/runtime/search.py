"""Looks for better values of the parameters of a trainer (Optuna's tree-structured Parzen estimator, Bergstra et al., 2011).

The same search makes the same trials, however often it was ended between: what is tried next follows from the seed and from what
was tried before, and that is kept in a file. Trials that are made at the same time are one round, and a round begins when the one
before is over. The first trial is what the spec says, where that lies within the search.
"""

from __future__ import annotations

import json
import os

from . import codes
from .contract import StepError, say, write_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from .contract import JsonObject, Task

    #: Makes the trials of a round, given by number (the first is 1) and values; returns their figures, None where one failed.
    Round = Callable[[Sequence[tuple[int, JsonObject]]], Sequence[JsonObject | None]]

FORMAT = 1
#: Trials at random before those that follow from others.
STARTUP = 5
_PREFIX = "tune.search."
#: Parameters of a network that are whole numbers.
_WHOLE = frozenset({"epochs", "batch", "seed"})


class Trial:
    """What was tried: ``values`` by parameter, and its ``figures``, None where it came to no number."""

    __slots__ = ("figures", "number", "values")

    def __init__(self, number: int, values: JsonObject, figures: JsonObject | None) -> None:
        self.number = number
        self.values = values
        self.figures = figures

    def to_json(self) -> JsonObject:
        """Return the trial for a report."""
        return {"trial": self.number, "values": self.values, "figures": self.figures}


class Search:
    """A search as the block ``tune`` of a step says it."""

    def __init__(self, task: Task, settings: JsonObject, key: JsonObject) -> None:
        """``settings`` are the parameters without a search; ``key`` is all else that decides what a trial comes to.

        Raises:
            StepError: nothing can be drawn from a distribution.
        """
        goal = task.argument("tune.goal")
        self.maximizes: bool = goal["component"] == "maximize"
        self.quantity: str = goal["quantity"]
        self.count: int = task.argument("tune.trials")
        self.parallel: int = task.argument("tune.parallel", 1)
        self.seed: int = settings["seed"]
        given = {
            name.removeprefix(_PREFIX): distribution
            for name, distribution in sorted(task.arguments.items())
            if name.startswith(_PREFIX)
        }
        self.space = {name: _distribution(name, told) for name, told in given.items()}
        self.first = {name: settings[name] for name, told in given.items() if _holds(told, settings[name])}
        self.trials: list[Trial] = []
        whole = {
            **key,
            "format": FORMAT,
            "goal": goal,
            "parallel": self.parallel,
            "settings": dict(settings),
            "space": given,
        }
        self._store = _Store(task.state, whole)

    def run(self, make: Round) -> Trial:
        """Make what trials are still to be made and return the best.

        Of equals by the goal the one with the smaller loss is better, then the earlier.

        Raises:
            StepError: all of them came to no number.
        """
        self.trials = [
            Trial(number, told["values"], told["figures"])
            for number, told in enumerate(self._made_before(), start=1)
        ]
        if self.trials:
            say(f"{len(self.trials)} of {self.count} trials were made before; the search goes on behind them")
        study = self._study()
        while len(self.trials) < self.count:
            number = len(self.trials) + 1
            asked = self._ask(study, number, min(self.parallel, self.count - len(self.trials)))
            values = [{name: trial.params[name] for name in self.space} for trial in asked]
            figures = make([(number + place, each) for place, each in enumerate(values)])
            for trial, tried, found in zip(asked, values, figures, strict=True):
                self.trials.append(Trial(len(self.trials) + 1, tried, found))
                _tell(study, trial, self._figure(found))
                self._say(self.trials[-1])
            self._store.write([{"values": each.values, "figures": each.figures} for each in self.trials])
        best = self._best()
        if best is None:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"none of {self.count} trials came to a number",
                "search where the training holds: smaller values of `learning_rate`",
            )
        return best

    def _made_before(self) -> list[JsonObject]:
        """Return the trials that are kept, in whole rounds: what was the end of a shorter search is made anew."""
        kept = self._store.read()
        whole = len(kept) - len(kept) % self.parallel if len(kept) < self.count else self.count
        return kept[:whole]

    def report(self, best: Trial) -> JsonObject:
        """Return what was tried, for a report."""
        return {
            "goal": f"{'maximize' if self.maximizes else 'minimize'} {self.quantity}",
            "best": best.number,
            "trials": [trial.to_json() for trial in self.trials],
        }

    def _figure(self, figures: JsonObject | None) -> float | None:
        return None if figures is None else figures[self.quantity]

    def _best(self) -> Trial | None:
        made = [trial for trial in self.trials if trial.figures is not None]
        return min(made, key=self._rank, default=None)

    def _rank(self, trial: Trial) -> tuple[float, float, int]:
        figures = trial.figures or {}
        figure = figures[self.quantity]
        return (-figure if self.maximizes else figure, figures["loss"], trial.number)

    def _say(self, trial: Trial) -> None:
        figure = self._figure(trial.figures)
        said = "no number" if figure is None else f"{self.quantity} {figure:.4g}"
        best = self._best()
        if best is trial:
            said += ", the best so far"
        elif best is not None:
            said += f", the best {self._figure(best.figures):.4g} of trial {best.number}"
        say(f"trial {trial.number} of {self.count}: {shown(trial.values)}: {said}")

    # Optuna

    def _study(self) -> Any:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        study = optuna.create_study(direction="maximize" if self.maximizes else "minimize")
        for trial in self.trials:
            figure = self._figure(trial.figures)
            study.add_trial(
                optuna.trial.create_trial(
                    state=optuna.trial.TrialState.FAIL
                    if figure is None
                    else optuna.trial.TrialState.COMPLETE,
                    value=figure,
                    params=trial.values,
                    distributions=self.space,
                )
            )
        if not self.trials and self.first:
            study.enqueue_trial(self.first)
        return study

    def _ask(self, study: Any, number: int, count: int) -> list[Any]:
        """Draw a round of trials; a sampler of its own for each round does not know how many were drawn before it."""
        import hashlib
        import warnings

        import optuna

        told = hashlib.sha256(f"{self.seed}:{number}".encode()).digest()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.sampler = optuna.samplers.TPESampler(
                seed=int.from_bytes(told[:4], "big"),
                n_startup_trials=STARTUP,
                constant_liar=self.parallel > 1,
            )
        return [study.ask(self.space) for _ in range(count)]


def _tell(study: Any, trial: Any, figure: float | None) -> None:
    import optuna

    if figure is None:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(trial, figure)


def shown(values: Mapping[str, Any]) -> str:
    """Return values of parameters as they would be written: ``batch = 32, learning_rate = 0.00123``."""
    return ", ".join(
        f"{name} = {json.dumps(value) if isinstance(value, str) else format(value, '.4g') if isinstance(value, float) else value}"
        for name, value in values.items()
    )


def _distribution(name: str, told: JsonObject) -> Any:
    """Return what Optuna draws a parameter from.

    Raises:
        StepError: nothing can be drawn from it.
    """
    from optuna import distributions

    if told["component"] == "choice":
        if not told["values"]:
            raise StepError(
                codes.IMPOSSIBLE_SETTING,
                f"`{name}` has no value to choose from",
                "for example: choice([16, 32])",
            )
        return distributions.CategoricalDistribution(list(dict.fromkeys(told["values"])))
    low, high = told["low"], told["high"]
    if low > high:
        raise StepError(
            codes.IMPOSSIBLE_SETTING,
            f"`{name}` is searched from {low:g} to {high:g}, and the first is the larger",
            f"write {told['component']}({high:g}, {low:g})",
        )
    log = told["component"] == "log_uniform"
    if name in _WHOLE:
        return distributions.IntDistribution(int(low), int(high), log=log)
    return distributions.FloatDistribution(float(low), float(high), log=log)


def _holds(told: JsonObject, value: Any) -> bool:
    """Return whether a value lies within a distribution."""
    if told["component"] == "choice":
        return value in told["values"]
    return isinstance(value, int | float) and told["low"] <= value <= told["high"]


class _Store:
    """Keeps the trials of one search in a file, whole after each round; without a folder it keeps nothing."""

    def __init__(self, state: str, key: JsonObject) -> None:
        import hashlib

        text = json.dumps(key, sort_keys=True)
        name = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        self._key = json.loads(text)
        self._path = os.path.join(state, "searches", f"{name}.json") if state else ""

    def read(self) -> list[JsonObject]:
        """Return the trials that were made before; none where the file is no such file."""
        if not self._path:
            return []
        try:
            with open(self._path, "rb") as file:
                told = json.loads(file.read())
        except (FileNotFoundError, ValueError):
            return []
        if not isinstance(told, dict) or told.get("key") != self._key:
            return []
        found: list[JsonObject] = told["trials"]
        return found

    def write(self, trials: list[JsonObject]) -> None:
        """Write down all trials that were made."""
        if self._path:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            write_json(self._path, {"key": self._key, "trials": trials})
