"""From a program to a typed program: every value, column, artefact and condition has a type, or a diagnostic."""
