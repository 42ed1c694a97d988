"""The models that `configs/model/` offers, one module each."""
