"""From raw data to the splits that models are trained and tested on."""
