"""Bad input by the thousand: seeds, a mutator that knows the tokens of the language, and what is to hold for any input."""
