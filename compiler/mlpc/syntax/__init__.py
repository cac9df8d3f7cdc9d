"""From text to a tree: lexer, driver and recovery over the tables of the grammar."""
