"""A search whose process dies in the middle of a trial."""

import optuna

study = optuna.load_study(study_name="train_model", storage="sqlite:///multirun/studies.db")
print(study.ask().number)
