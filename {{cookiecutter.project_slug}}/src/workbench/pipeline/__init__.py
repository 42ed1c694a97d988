"""How DVC runs the scripts: what a stage tracks, and what the pipeline no longer makes."""
