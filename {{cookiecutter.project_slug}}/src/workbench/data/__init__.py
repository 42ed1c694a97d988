"""Tables: the rules of a column, reading a file by them, and the faults that it has."""
