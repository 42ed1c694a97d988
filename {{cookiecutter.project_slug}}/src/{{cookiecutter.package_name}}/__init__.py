"""From raw data to results that reproduce: data → features → models → visualization."""
