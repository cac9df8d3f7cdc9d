"""Programs before and after: what `mlpc fmt` makes of them."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from mlpc.format import format_source
from mlpc.source import Source

ROOT = Path(__file__).resolve().parents[3]


def formatted(text: str) -> str:
    """What the formatter makes of a program, which it must not refuse."""
    result = format_source(Source("main.mlp", text))
    assert [mistake.message for mistake in result.diagnostics] == []
    assert result.changed == (result.text != text)
    return result.text


@pytest.mark.parametrize(
    "program",
    [*sorted((ROOT / "tests" / "specs").glob("*.mlp")), *sorted((ROOT / "examples").glob("*/*.mlp"))],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_the_reference_programs_and_the_examples_are_left_alone(program: Path) -> None:
    text = program.read_bytes().decode()
    assert formatted(text) == text


def test_the_reference_programs_are_there() -> None:
    assert len(list((ROOT / "tests" / "specs").glob("*.mlp"))) == 4


@pytest.mark.parametrize("program", ["tumor", "digits", "regions", "boards"])
def test_a_reference_program_without_its_layout_gets_it_back(program: str) -> None:
    text = (ROOT / "tests" / "specs" / f"{program}.mlp").read_text(encoding="utf-8")
    inside_text_block = False
    squeezed = []
    for line in text.splitlines():
        # The lines of a text block stand in a place of their own, seen from each other.
        squeezed.append(line if inside_text_block else line.strip())
        inside_text_block ^= line.count('"""') == 1
    assert formatted("\n".join(squeezed)) == text


def case(before: str, after: str) -> None:
    """`before` becomes `after`; both are statements of one file, which begins with `mlp 1`."""
    before, after = (f"mlp 1\n\n{dedent(text).strip()}\n" for text in (before, after))
    assert formatted(before) == after
    assert formatted(after) == after


def stays(text: str) -> None:
    """`text` is laid out as it should be."""
    case(text, text)


# Blanks


def test_one_blank_around_equals_and_operators() -> None:
    case(
        "let a=1+2*b-c/d  and   not e==f or g<=-1",
        "let a = 1 + 2 * b - c / d and not e == f or g <= -1",
    )


def test_nothing_is_aligned() -> None:
    case(
        """
        schema Cell {
          radius  : float   >= 0
          texture : float   in 0 .. 1     @label   @from( "texture (mean)" )
          ...     : float
        }
        """,
        """
        schema Cell {
          radius: float >= 0
          texture: float in 0..1 @label @from("texture (mean)")
          ...: float
        }
        """,
    )


def test_none_inside_brackets_one_inside_braces() -> None:
    case(
        "let a = [ f ( 1 ,2 ), b [ 0 ] .c, ( d ), {a=1,b=2}, {  }, [ ], g( ), m[ * ] ]",
        "let a = [f(1, 2), b[0].c, (d), { a = 1, b = 2 }, {}, [], g(), m[*]]",
    )


def test_ranges_and_signs_are_tight() -> None:
    case("let a = - 5 .. 1 + - b", "let a = -5..1 + -b")


def test_a_parenthesis_after_a_word_of_the_language_is_no_call() -> None:
    case(
        'test "t" {\nexpect(a)\nexpect not(a or b) and c in(d)\nrequire[a] == b\n}',
        """
        test "t" {
          expect (a)
          expect not (a or b) and c in (d)
          require [a] == b
        }
        """,
    )


def test_strings_are_left_alone() -> None:
    stays(r'let a = "  a=1 ,\t${ b+c } \u{e9} # no comment"')


# Blocks


def test_a_block_on_one_line_stays_so() -> None:
    case(
        'env ci {param trees=20,data cells {path="a.csv"}}',
        'env ci { param trees = 20, data cells { path = "a.csv" } }',
    )


def test_a_block_over_several_lines_stays_open_and_has_no_commas() -> None:
    case(
        """
        train forest: x {
        resources {
            cpu = 2, memory = 2GiB, }
            retry { attempts = 3, backoff = 30s } }
        """,
        """
        train forest: x {
          resources {
            cpu = 2
            memory = 2GiB
          }
          retry { attempts = 3, backoff = 30s }
        }
        """,
    )


def test_a_block_that_fits_in_100_columns_to_the_column() -> None:
    fits = 'backend airflow { pool = "' + "x" * 56 + '", owner = "me" }'
    assert len(fits) == 99
    stays(fits.replace("me", "you"))
    case(
        fits.replace("me", "them"),
        f"""
        backend airflow {{
          pool = "{"x" * 56}"
          owner = "them"
        }}
        """,
    )


def test_the_outer_block_is_opened_first() -> None:
    case(
        'env prod { train cnn { resources { gpu = 1, gpu_type = "nvidia-t4", memory = 8GiB, note = "on loan" } } }',
        """
        env prod {
          train cnn { resources { gpu = 1, gpu_type = "nvidia-t4", memory = 8GiB, note = "on loan" } }
        }
        """,
    )


def test_a_block_with_a_text_block_inside_is_opened() -> None:
    case(
        'data a: sql { query = """\nselect 1\n""", url = u }',
        '''
        data a: sql {
          query = """
            select 1
            """
          url = u
        }
        ''',
    )


def test_an_empty_block() -> None:
    case("kind data: task {\n\n}", "kind data: task {}")


def test_maps_are_laid_out_like_blocks() -> None:
    case(
        """
        let a = {x=1,"a key"=2}
        let b = {
          x=1, y = { z = 2 } }
        """,
        """
        let a = { x = 1, "a key" = 2 }

        let b = {
          x = 1
          y = { z = 2 }
        }
        """,
    )


# Blank lines


def test_one_blank_line_between_declarations_always_and_two_never() -> None:
    case(
        """
        use std.a


        use std.b
        use std.c as d
        schema A { x: int }
        schema B { y: int }



        pipeline p {

          let a = 1
          let b = 2



          let c = 3

        }
        """,
        """
        use std.a

        use std.b
        use std.c as d

        schema A { x: int }

        schema B { y: int }

        pipeline p {
          let a = 1
          let b = 2

          let c = 3
        }
        """,
    )


def test_the_edition_stands_alone() -> None:
    assert formatted("mlp 1\nuse std.a\nlet b = 1") == "mlp 1\n\nuse std.a\n\nlet b = 1\n"


def test_the_blank_line_lies_above_what_leads_to_a_declaration() -> None:
    case(
        """
        let a = 1 # end
        # why
        ## Doc.
        let b = 2
        # more of b

        let c = 3
        """,
        """
        let a = 1  # end

        # why
        ## Doc.
        let b = 2
        # more of b

        let c = 3
        """,
    )


# Lists and calls


def test_a_list_on_one_line_stays_so_while_it_fits() -> None:
    case("let a = [1,2,3,]", "let a = [1, 2, 3]")


def test_a_list_that_does_not_fit_is_opened() -> None:
    long = ", ".join(f'"name number {n}"' for n in range(6))
    case(
        f"let a = [{long}]",
        "let a = [\n" + "".join(f'  "name number {n}",\n' for n in range(6)) + "]",
    )


def test_a_list_over_several_lines_stays_so() -> None:
    case(
        """
        let a = [1,
          2, 3]
        let b = [
          conv2d(8, kernel=3),

          # the last one
          dense(
            10)]
        """,
        """
        let a = [
          1,
          2,
          3,
        ]

        let b = [
          conv2d(8, kernel = 3),

          # the last one
          dense(
            10,
          ),
        ]
        """,
    )


def test_brackets_that_follow_each_other_share_a_line() -> None:
    case(
        """
        let a = f(x, [
              1, 2,
            ], { a = 1
        })
        """,
        """
        let a = f(x, [
          1,
          2,
        ], {
          a = 1
        })
        """,
    )


def test_the_last_bracket_that_helps_is_opened() -> None:
    name = "a_rather_long_name_for_a_thing"
    case(
        f"let a = first({name}) + second({name}, {name})",
        f"""
        let a = first({name}) + second(
          {name},
          {name},
        )
        """,
    )


def test_parentheses_and_indexes_get_no_comma() -> None:
    case(
        """
        let a = (
        b or c) and d[
        e]
        """,
        """
        let a = (
          b or c
        ) and d[
          e
        ]
        """,
    )


def test_what_no_bracket_can_shorten_stays_long() -> None:
    stays("let a = " + " and ".join(["a_rather_long_name"] * 8))
    stays("let a = " + "a_rather_long_name" * 5 + "[index]")


# Lines that go on


def test_a_break_at_an_operator_stays() -> None:
    case(
        """
        evaluate quality: classification {
            require accuracy >= 0.9 and
            recall >= 0.8
                or auc
                    >= 0.97 { severity = "warn" }
            require x
        }
        """,
        """
        evaluate quality: classification {
          require accuracy >= 0.9 and
            recall >= 0.8
            or auc
            >= 0.97 { severity = "warn" }
          require x
        }
        """,
    )


def test_the_body_of_a_statement_that_goes_on_lies_under_the_statement() -> None:
    case(
        """
        pipeline p {
          data sales
            each region in names
            each year in years: sql {
            url = warehouse
              }
        }
        """,
        """
        pipeline p {
          data sales
            each region in names
            each year in years: sql {
            url = warehouse
          }
        }
        """,
    )


def test_other_line_ends_inside_a_statement_go() -> None:
    case("let a = f(x\n=\n1)[\nb]\n", "let a = f(\n  x = 1,\n)[\n  b\n]")


def test_if_then_else_over_several_lines() -> None:
    stays(
        """
        let alpha = if region == "eu"
          then 0.5
          else 0.1
        """
    )


# Text blocks


def test_a_text_block_moves_with_its_statement() -> None:
    case(
        '''
        pipeline p {
              data a: sql {
              query = """
           select *
             from t

           where x = 1
           """
              }
        }
        ''',
        '''
        pipeline p {
          data a: sql {
            query = """
              select *
                from t

              where x = 1
              """
          }
        }
        ''',
    )


def test_what_hangs_over_the_closing_quotes_keeps_its_distance() -> None:
    case(
        'let a = """\n      deep\n  """',
        'let a = """\n      deep\n  """',
    )
    case(
        'let a = """first\n      deep\n    last"""',
        'let a = """first\n    deep\n  last"""',
    )


def test_blanks_at_the_end_of_a_text_line_belong_to_the_text() -> None:
    stays('let a = """\n  two blanks:  \n  """')


def test_a_text_block_with_tabs() -> None:
    case('let a = """\n\t\tone\n\t\t\ttwo\n\t\t"""', 'let a = """\n  one\n  \ttwo\n  """')


# Comments


def test_a_comment_at_the_end_of_a_line_stays_there() -> None:
    case(
        """
        pipeline p {# the pipeline
          let a = 1# one
          let b = [1, # first
            2 # second
            , # third
          ]       # all
        } # done
        """,
        """
        pipeline p {  # the pipeline
          let a = 1  # one
          let b = [
            1,  # first
            2,  # second
            # third
          ]  # all
        }  # done
        """,
    )


def test_a_comment_on_its_own_line_is_indented_like_what_follows() -> None:
    case(
        """
        # above
        pipeline p {
        # first
        let a = 1
            # second

            # last
        }
                # the end
        """,
        """
        # above
        pipeline p {
          # first
          let a = 1
          # second

          # last
        }
        # the end
        """,
    )


def test_a_comment_opens_what_it_stands_in() -> None:
    case(
        """
        let a = f(1, # one
        g(2), [ # nothing
        ])
        let b = {
        # empty
        }
        let c = d[ # why
        0]
        """,
        """
        let a = f(
          1,  # one
          g(2),
          [  # nothing
          ],
        )

        let b = {
          # empty
        }

        let c = d[  # why
          0
        ]
        """,
    )


def test_comments_between_operators_and_operands() -> None:
    case(
        """
        let a = b + # plus
        # more
        c # then
        # and so on
        - d
        """,
        """
        let a = b +  # plus
          # more
          c  # then
          # and so on
          - d
        """,
    )


def test_comments_between_doc_lines() -> None:
    stays(
        """
        ## One line,
        # a remark,
        ## and another.
        let a = 1
        """
    )


def test_doc_comments_stay_with_what_they_document() -> None:
    case(
        """
        schema A {
        ## The age.
        age: int
            ## The diagnosis.
            ##
            ## In words.
            malignant: bool   ## This one ends a line.
            other: int
        }
        """,
        """
        schema A {
          ## The age.
          age: int
          ## The diagnosis.
          ##
          ## In words.
          malignant: bool  ## This one ends a line.
          other: int
        }
        """,
    )


def test_the_text_of_a_comment_is_left_alone_but_for_blanks_at_its_end() -> None:
    case("#no blank\n#!  \t \nlet a = 1 #\ttab \t", "#no blank\n#!\nlet a = 1  #\ttab")


def test_comments_before_the_edition_and_after_everything() -> None:
    text = "# licence\n\n# what this is\nmlp 1  # the first one\n\nlet a = 1\n\n# the end\n"
    assert formatted("\n\n" + text.replace("  #", "#") + "\n\n") == text


def test_a_comment_does_not_count_as_width() -> None:
    stays("let a = [1, 2]  # " + "long " * 30 + "comment")


# Bytes


def test_line_ends_and_the_byte_order_mark() -> None:
    assert (
        formatted('\ufeffmlp 1\r\n\r\nlet a = 1 # c\r\n\r\n\r\nlet b = """\r\n  x\r\n  y\r\n  """')
        == 'mlp 1\n\nlet a = 1  # c\n\nlet b = """\n  x\n  y\n  """\n'
    )


def test_a_file_with_the_edition_alone() -> None:
    assert formatted("mlp   1") == "mlp 1\n"


def test_columns_are_characters() -> None:
    stays('let a = ["' + "ü" * 85 + '", 1]')
    case('let a = ["' + "ü" * 86 + '", 1]', 'let a = [\n  "' + "ü" * 86 + '",\n  1,\n]')
