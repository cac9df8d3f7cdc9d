"""One small program for each construct of the language; every one is good."""

from __future__ import annotations

PROGRAMS: dict[str, str] = {
    "nothing but the edition": "mlp 1",
    "an empty file with a line end": "mlp 1\n",
    "comments before the edition": "# about\n\n# more\nmlp 1 # the edition\n",
    "use": 'mlp 1\nuse "./a.mlp" as a\nuse std.devices as devices\nuse std.x\nuse local\n',
    "soft words as names": (
        "mlp 1\nstep use { use = 1, as = mlp, mlp = use.as }\nlet mlp = as\nlet as = mlp\n"
    ),
    "statement words as names": "mlp 1\nlet require = given(expect)\nstep a { x = require.expect }\n",
    "an empty declaration": "mlp 1\nremove page\n",
    "an empty body": "mlp 1\nkind task {}\nkind other { }\nkind third {\n}\n",
    "every part of a declaration": (
        "mlp 1\nparam x each a in b each c in [1]: int(2) in 1..3 @m(4) @n = 5 { y = 6 }\n"
    ),
    "a component": 'mlp 1\ncomponent a: b {\n  input m: model = none\n  run = python("a.b:c")\n}\n',
    "a declaration with a string": (
        'mlp 1\ntest "never" {\n  given a.b = 80%\n  expect not runs(c)\n  given d\n}\n'
    ),
    "secrets": "mlp 1\npipeline p { secret warehouse: url, secret other = environment(A) }\n",
    "one line": "mlp 1\npipeline p { a = 1, b { c = 2 }, d: e { f = 3 }, require g }\n",
    "a comma at the end of a line": "mlp 1\npipeline p {\n  a = 1,\n  b = 2,\n}\n",
    "top-level commas": "mlp 1\nlet a = 1, let b = 2,\n",
    "nested blocks": (
        "mlp 1\nenv prod: staging { train cnn { resources { gpu = 1 } }, data x: csv { path = p } }\n"
    ),
    "a block with a component": "mlp 1\nstep a { distributed: ray { workers = 2 } }\n",
    "fields": 'mlp 1\nschema A: B {\n  a: int\n  b: tensor(float, [8, 8, 1]) in 0..1\n  c: enum("x", "y",) @label\n'
    '  d: float >= -0.5 @nullable @from("a b")\n  ...: float >= 0\n}\n',
    "refinements": (
        "mlp 1\n"
        "param a: int in 1..n - 1 = 2\n"
        "param b: float < 1 = 0.5\n"
        "param c: x in [1, 2]\n"
        "param d: y != z\n"
    ),
    "types with arguments": (
        "mlp 1\ninput a: dataset()\ninput b: model(sklearn, data, label = c)\ninput d: map(list(int))\n"
    ),
    "conditions": "mlp 1\nstep a {\n  require b\n  require floor: c >= 0.8\n  require d { severity = warn }\n"
    "  require e: f { g = 1 }\n  alert when h\n  alert silent when i < 10 { j = 1 }\n  retrain when k { l = 2h }\n}\n",
    "precedence": "mlp 1\nlet a = b or c and not d == e .. f + g * -h\nlet i = - -1 - 2 - 3 / 4 * 5\n",
    "comparisons": "mlp 1\nlet a = [b == c, d != e, f < g, h <= i, j > k, l >= m, n in o, p not in q]\n",
    "not": "mlp 1\nlet a = not not b and not c\n",
    "choices": "mlp 1\nlet a = if b then c else if d then e else f or g\nlet h = (if a then b else c) + 1\n",
    "ranges": "mlp 1\nlet a = 1..3\nlet b = n..n + 1\nlet c = 0.5..1.5\nlet d = 1 .. 3\n",
    "references": (
        "mlp 1\nlet a = b.c.d\nlet e = f[g].h\nlet i = j[*]\nlet k = l[m][*].n(o).p\nlet q = (r)(s)\n"
    ),
    "calls": "mlp 1\nlet a = f()\nlet b = f(1)\nlet c = f(1, g = 2,)\nlet d = f(g(h), i = {}, j = [])\n",
    "lists": "mlp 1\nlet a = []\nlet b = [1]\nlet c = [1, [2, 3], ]\nlet d = [\n  1,\n  2,\n]\n",
    "maps": (
        "mlp 1\n"
        "let a = {}\n"
        'let b = { c = 1, "d e" = 2 }\n'
        "let f = {\n"
        "  g = 3\n"
        "  h = { i = 4 },\n"
        "}\n"
        "let j = { require = 1 }\n"
    ),
    "a map in a list": "mlp 1\nlet a = [{ b = 1, c = 2 }, {\n  d = 3\n  e = 4\n}]\n",
    "numbers": "mlp 1\nlet a = [0, 12, 1.5, 1e4, 1E-4, 2.5e+3, 95%, 99.9%, 1e2%, 007]\n",
    "quantities": "mlp 1\nlet a = [20min, 2GiB, 0.5h, 1e3ms, 40USD, 3furlongs]\n",
    "strings": "mlp 1\n"
    r'let a = ["", "b", "c \" \\ \n \t \u{e9} \${d}", "e # f", "${g} and ${h.i}", "${j[0] + 1}"]'
    "\n",
    "text blocks": 'mlp 1\nlet a = """"""\nlet b = """c"""\nlet d = """\n  e "f" ""g\n    ${h}\n  """\n',
    "a newline after an operator": (
        "mlp 1\nlet a = b +\n  c *\n  d\nlet e = f and\n  # why\n  g\nlet h = 1..\n  2\nlet i = j in\n  k\n"
    ),
    "a newline before an operator": (
        "mlp 1\nlet a = b\n  + c\n  * d\n  # why\n\n  or e\nlet f = 1\n  ..2\nlet g = h\n  not in i\n"
    ),
    "a newline before a reserved word": (
        "mlp 1\nlet a = if b\n  then c\n  else d\ndata e\n  each f in g\n  each h in i: j\n"
    ),
    "a newline before a refinement": "mlp 1\nschema A {\n  b: int\n    in 1..2\n  c: float\n    >= 0\n}\n",
    "newlines between brackets": "mlp 1\nlet a = f(\n  b\n  ,\n  c = [\n\n    d # e\n  ]\n)\n  + (\n g\n)\n",
    "tabs and returns": "mlp 1\r\n\tlet\ta = 1\r\nlet b = [\r\n1\r\n]\r\n",
    "doc comments": (
        "mlp 1\n"
        "\n"
        "## About a.\n"
        "##\n"
        "##  More.\n"
        "let a = 1\n"
        "schema B {\n"
        "  ## The c.\n"
        "  c: int\n"
        "\n"
        "  ## Rest.\n"
        "  ...: int\n"
        "}\n"
    ),
    "no newline at the end": "mlp 1\nlet a = 1 # end",
    "marks": "mlp 1\nquantity a: float in 0..1 @after\noutput b: c @when(d)\nparam e: f @secret = none\n",
}
