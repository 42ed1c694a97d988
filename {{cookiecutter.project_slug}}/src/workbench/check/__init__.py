"""Whether the commit gives the results that it claims."""
