"""Tables: the rules of their columns, reading files by these rules, and finding faults."""
