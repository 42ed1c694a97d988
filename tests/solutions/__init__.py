"""For each exercise: right solutions that are written otherwise, and wrong ones with what is said of them."""
