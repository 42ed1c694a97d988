"""The API with a wrong type, a broken promise and a failure in it."""

from my_ml_project.serving import app as serving


def plant():
    """Make the API, and plant the faults."""
    app = serving.from_environment()
    schemas = app.openapi()["components"]["schemas"]
    schemas["Health"]["properties"]["status"]["type"] = "integer"
    del schemas["Record"]["required"]
    serving.Predictor.predict_records = lambda model, records: None
    return app
