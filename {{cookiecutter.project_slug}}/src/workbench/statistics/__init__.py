"""Error bars, comparisons and calibration of results over several runs."""
