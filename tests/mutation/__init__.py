"""How well mistakes are met: every kind of mistake, made at every place of every correct program that it fits.

A mutant is a correct program with one mistake. It is measured whether the check finds it; whether the first diagnostic
stands exactly where the mistake was made; whether there is no second one; and whether the way out that is offered leads
back to the program. `python -m tests.mutation` prints the shares by kind and lists every miss.
"""
