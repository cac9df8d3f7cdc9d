"""Generate the parser's tables from the grammar: `make tables`.

Lark reads the grammar and works out the LALR(1) table; what is written is plain tuples, so that reading a program
needs nothing of Lark. On the way all unit reductions (`operand -> NUMBER`, `sum -> product`) are taken out: where
a state would do nothing but rename its symbol, the action of the state behind that chain of names is put in. A
plain value thus costs one shift, however many levels of precedence the grammar has.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from lark import Lark
from lark.parsers.lalr_analysis import Shift

ROOT = Path(__file__).resolve().parents[1]
GRAMMAR = ROOT / "grammar" / "mlpc_grammar" / "mlp.lark"
TABLES = ROOT / "compiler" / "mlpc" / "syntax" / "tables.py"
STARTS = ("file", "expr")
END = "$END"

# ("shift", raw state), ("reduce", rule index) or ("accept",)
Action = tuple[Any, ...]
Row = dict[str, Action]


class NoFilter:
    """Takes the place of the newline filter, of which the tables know nothing but that it exists."""

    always_accept = ("NEWLINE", "COMMA")

    def process(self, stream: Any) -> Any:
        """Return the tokens as they are."""
        return stream


def compile_grammar(grammar: str) -> Any:
    """Return Lark's own parse table; any conflict raises."""
    parser = Lark(grammar, parser="lalr", strict=True, start=list(STARTS), postlex=NoFilter())
    return parser.parser.parser._parse_table  # the one private door


class Generator:
    """Turns Lark's table into ours."""

    def __init__(self, grammar: str) -> None:
        table = compile_grammar(grammar)
        self.rules: list[Any] = []
        self.raw: dict[int, Row] = {}
        rule_numbers: dict[Any, int] = {}
        for state, row in table.states.items():
            made: Row = {}
            for symbol, (kind, target) in row.items():
                if kind is Shift:
                    made[symbol] = ("shift", target)
                else:
                    if target not in rule_numbers:
                        rule_numbers[target] = len(self.rules)
                        self.rules.append(target)
                    made[symbol] = ("reduce", rule_numbers[target])
            self.raw[state] = made
        for start in STARTS:
            self.raw[table.end_states[start]][END] = ("accept",)
        self.starts = {start: table.start_states[start] for start in STARTS}
        self.terminals = {symbol for row in self.raw.values() for symbol in row if symbol.isupper()} | {END}

    def is_unit(self, rule: int) -> bool:
        """Whether ``rule`` only gives its single symbol another name."""
        made = self.rules[rule]
        if made.alias is None and len(made.expansion) != 1:
            raise ValueError(f"{made} needs an alias: it has more than one symbol")
        return made.alias is None

    def resolve(self, below: Row, state: int) -> Row:
        """Return the row of ``state``, reached from the state with the row ``below``, without unit reductions."""
        resolved: Row = {}

        def add_gotos(of: int) -> None:
            for symbol, action in self.raw[of].items():
                if symbol not in self.terminals and resolved.setdefault(symbol, action) != action:
                    raise ValueError(f"two ways to go on with {symbol}")

        add_gotos(state)
        for terminal, action in self.raw[state].items():
            if terminal not in self.terminals:
                continue
            ahead: Action | None = action
            while ahead is not None and ahead[0] == "reduce" and self.is_unit(ahead[1]):
                behind = below[self.rules[ahead[1]].origin.name][1]
                add_gotos(behind)
                ahead = self.raw[behind].get(terminal)
            if ahead is not None:
                resolved[terminal] = ahead
        return resolved

    def run(self) -> str:
        """Return the text of the tables; the same grammar gives the same bytes."""
        numbers: dict[tuple[Any, ...], int] = {}
        rows: list[Row] = []

        def number(row: Row) -> int:
            key = tuple(sorted(row.items()))
            if key not in numbers:
                rows.append(row)
                numbers[key] = len(rows)  # 0 means an error
            return numbers[key]

        starts = {name: number(self.raw[state]) for name, state in self.starts.items()}
        targets: list[dict[str, int]] = []
        done = 0
        while done < len(rows):
            row = rows[done]
            done += 1
            targets.append(
                {
                    symbol: number(self.resolve(row, action[1]))
                    for symbol, action in sorted(row.items())
                    if action[0] == "shift"
                }
            )
        accepting = len(rows) + 1

        terminals = [END, *sorted(self.terminals - {END})]
        used = {action[1] for row in rows for action in row.values() if action[0] == "reduce"}
        used_rules = sorted((self.describe(rule), rule) for rule in used)
        rule_numbers = {rule: place for place, (_, rule) in enumerate(used_rules, 1)}
        origins = sorted({text[0] for text, _ in used_rules})
        origin_numbers = {name: place for place, name in enumerate(origins)}

        actions = [[0] * len(terminals)]
        gotos: list[dict[int, int]] = [{} for _ in origins]
        for state, row in enumerate(rows, 1):
            line = []
            for terminal in terminals:
                action = row.get(terminal)
                if action is None:
                    line.append(0)
                elif action[0] == "shift":
                    line.append(targets[state - 1][terminal])
                elif action[0] == "accept":
                    line.append(accepting)
                else:
                    line.append(-rule_numbers[action[1]])
            actions.append(line)
            for symbol, target in targets[state - 1].items():
                if symbol in origin_numbers:
                    gotos[origin_numbers[symbol]][state] = target
        actions.append([0] * len(terminals))

        out = [
            '"""The LALR(1) tables of grammar/mlpc_grammar/mlp.lark. Generated by `make tables`; never edited."""',
            "",
            "from __future__ import annotations",
            "",
            "# Token kinds, which are columns of ACTIONS.",
            *(f"{self.constant(name)} = {place}" for place, name in enumerate(terminals)),
            f"KINDS = {tuple(self.constant(name) for name in terminals)!r}",
            "",
            "# States to begin in, by what is read, and the state in which it has been read.",
            *(f"START_{name.upper()} = {state}" for name, state in starts.items()),
            f"ACCEPTED = {accepting}",
            "",
            "# By number: the place of the origin in GOTO, the number of symbols, the name of the function in",
            "# mlpc.syntax.actions, and for a rule with optional parts where each part lies, -1 when left out.",
            "RULES: tuple[tuple[int, int, str, tuple[int, ...]], ...] = (",
            '    (0, 0, "", ()),',
        ]
        optional = {
            self.rules[rule].alias for _, rule in used_rules if self.rules[rule].options.empty_indices
        }
        for (origin, _, alias), rule in used_rules:
            size = len(self.rules[rule].expansion)
            parts = self.parts(rule) if alias in optional else ()
            out.append(f"    ({origin_numbers[origin]}, {size}, {alias!r}, {parts!r}),")
        out += [
            ")",
            "",
            "# By state and token kind: a state to shift to, minus a rule to reduce by, or 0 where the token is wrong.",
            "ACTIONS: tuple[tuple[int, ...], ...] = (",
            *("    (" + ", ".join(map(str, line)) + ")," for line in actions),
            ")",
            "",
            "# By origin: the state after it, by the state before it.",
            "GOTO: tuple[dict[int, int], ...] = (",
            *(
                "    {" + ", ".join(f"{state}: {goto[state]}" for state in sorted(goto)) + "},"
                for goto in gotos
            ),
            ")",
            "",
        ]
        return "\n".join(out)

    def describe(self, rule: int) -> tuple[str, tuple[str, ...], str]:
        """Return what sorts a rule: its origin, its symbols, the function that builds its node."""
        made = self.rules[rule]
        return made.origin.name, tuple(symbol.name for symbol in made.expansion), made.alias

    def parts(self, rule: int) -> tuple[int, ...]:
        """Return which symbol each part of a rule with optional parts is; punctuation is no part."""
        made = self.rules[rule]
        present = made.options.empty_indices or (False,) * len(made.expansion)
        # Lark keeps a True for every optional part that this variant of the rule leaves out.
        found = []
        place = 0
        for missing in present:
            if missing:
                found.append(-1)
                continue
            if made.expansion[place].name not in ("COLON", "EQUAL"):
                found.append(place)
            place += 1
        return tuple(found)

    @staticmethod
    def constant(terminal: str) -> str:
        """Return the name under which a terminal stands in the tables."""
        return "END" if terminal == END else terminal


def generate() -> str:
    """Return what compiler/mlpc/syntax/tables.py has to hold."""
    return Generator(GRAMMAR.read_text(encoding="utf-8")).run()


def main() -> int:
    """Write the tables; with `--check` only say whether they are current."""
    text = generate()
    if sys.argv[1:] == ["--check"]:
        return 0 if TABLES.read_text(encoding="utf-8") == text else 1
    TABLES.write_text(text, encoding="utf-8")
    print(f"wrote {TABLES.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
