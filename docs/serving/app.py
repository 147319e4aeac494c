"""A service that classifies letters: ``uvicorn app:app``."""

import os
from typing import Any

from fastapi import FastAPI, HTTPException, UploadFile

from skhcr import ImageLoadError, load_exported

model = load_exported(os.environ.get("MODEL", "letters.skhcr"))  # once, for all threads
model.max_pixels = 4_000_000
app = FastAPI()


@app.post("/read")
def read(image: UploadFile) -> dict[str, Any]:
    """Return the label of an uploaded image, its probability, and whether to doubt it."""
    try:
        (probabilities,) = model.predict_proba([image.file.read()])
    except ImageLoadError as error:
        cause = error.failures[0].cause
        raise HTTPException(422, f"The image cannot be read: {cause}") from error
    best = probabilities.argmax()
    return {
        "label": model.classes_[best].item(),
        "probability": float(probabilities[best]),
        "blank": len(model.blank_) > 0,
        "several": len(model.several_) > 0,
    }
