"""An archive from which anybody reproduces the results without a network."""
